"""The processes that compute a stage together: which batches each has, and how they exchange.

What they compute does not depend on how many they are: work is cut into batches of a fixed size,
each process has neighbouring ones, and what comes of them is joined from left to right. The one
process of a stage that is not shared is a world of its own, and needs nothing of torch.distributed.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from socket import gethostname
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch._C._distributed_c10d import PrefixStore, TCPStore

from stages.errors import UserError
from stages.processes import FAREWELL, PATIENCE, PeerLostError, is_first_here, is_member


class PeerGroup:
    """Some of the processes, which exchange with each other, each for itself or for a machine."""

    def __init__(
        self, group: dist.ProcessGroup | None, spans: Sequence[tuple[int, int]], index: int
    ) -> None:
        """Take the process group, which processes each speaks for, and the index of this one."""
        self._group, self.spans, self.index = group, spans, index
        self.one_machine = False  # whether they share memory

    def all_to_all(self, received: Tensor, sent: Tensor) -> None:
        """Send row i to process i, and receive as row i what process i sent."""
        with _peers():
            dist.all_to_all_single(received.view(-1), sent.view(-1), group=self._group)

    def all_gather(self, whole: Tensor, part: Tensor) -> None:
        """Receive the parts of all processes side by side."""
        with _peers():
            dist.all_gather_into_tensor(whole, part, group=self._group)

    def gather_objects(self, value: Any) -> list[Any]:  # noqa: ANN401
        """Return a value of each process, in their order."""
        values = [None] * len(self.spans)
        with _peers():
            dist.all_gather_object(values, value, group=self._group)
        return values

    def barrier(self) -> None:
        """Wait until all processes are here."""
        with _peers():
            dist.barrier(self._group)


class World:
    """The processes of a stage."""

    def __init__(self, device: torch.device, rank: int = 0, size: int = 1) -> None:
        """Take the device of this process, its number, and how many there are."""
        self.device, self.rank, self.size = device, rank, size
        self.writes = True  # whether this process prints, and writes what comes out
        self.names = [gethostname()]  # of the machine of each process
        self.groups = list[PeerGroup]()  # within this machine, then across machines
        self._everybody = PeerGroup(None, [(each, each + 1) for each in range(size)], rank)
        self.store: PrefixStore | None = None  # in which all can leave messages

    def bounds(self, rank: int, count: int) -> tuple[int, int]:
        """Return which of `count` batches a process has: the first, and where they end."""
        return rank * count // self.size, (rank + 1) * count // self.size

    def own(self, count: int) -> slice:
        """Return which of `count` batches this process has."""
        return slice(*self.bounds(self.rank, count))

    def shares(self, rows: int, batch_size: int) -> tuple[list[slice], list[int]]:
        """Return the batches of this process, and how many of all rows each process has."""
        starts = range(0, rows, batch_size)
        bounds = (self.bounds(rank, len(starts)) for rank in range(self.size))
        counts = [min(rows, end * batch_size) - first * batch_size for first, end in bounds]
        mine = starts[self.own(len(starts))]
        return [slice(start, min(rows, start + batch_size)) for start in mine], counts

    def gather(self, rows: Tensor, counts: Sequence[int]) -> Tensor:
        """Return the rows of all processes, joined; `counts` are how many each has."""
        if self.size == 1:
            return rows
        part = torch.zeros(max(counts), *rows.shape[1:], dtype=rows.dtype, device=self.device)
        part[: len(rows)] = rows
        whole = part.new_empty(self.size, *part.shape)
        self._everybody.all_gather(_bytes(whole), _bytes(part))
        held = zip(whole, counts, strict=True)
        return torch.cat([part[:count] for part, count in held]).to(rows.device)

    def gather_objects(self, value: Any) -> list[Any]:  # noqa: ANN401
        """Return a value of each process, in their order."""
        return [value] if self.size == 1 else self._everybody.gather_objects(value)

    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Overwrite tensors with those of process 0."""
        for tensor in tensors if self.size > 1 else ():
            with _peers():
                dist.broadcast(tensor, 0)

    def broadcast_object(self, value: Any, source: int) -> Any:  # noqa: ANN401
        """Return the value of one process; the others' does not matter."""
        box = [value]
        if self.size > 1:
            with _peers():
                dist.broadcast_object_list(box, source)
        return box[0]

    def wait_for_all(self, name: str, patience: timedelta) -> None:
        """Wait until all processes are at the place of this name, for longer than usual."""
        if self.store is not None:
            with _peers():
                self.store.set(f"{name}-{self.rank}", "")
                self.store.wait([f"{name}-{rank}" for rank in range(self.size)], patience)

    def leave(self) -> None:
        """Leave the others, when none of them waits for this one any more."""
        if self.store is None:
            return
        # Not by a barrier of the group: who is first through it would cut off those in it.
        with suppress(PeerLostError, RuntimeError):  # what there was to do is done
            self.wait_for_all("end", FAREWELL)
            dist.destroy_process_group()
        self.store = None

    def require_same(
        self, digests: Mapping[str, str], remedies: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Return digests of what all processes compute with, which must be the same.

        A process that has not computed one gives an empty text; process 0 has all.

        Raises:
            UserError: one differs; the message names it, two machines, and its remedy.
        """
        every = self.gather_objects(dict(digests))
        for name, expected in every[0].items():
            for rank, found in enumerate(every):
                if found[name] not in {"", expected}:
                    first, other = self._told_apart(rank)
                    raise UserError(
                        f"processes differ in {name} ({first}: {expected[:12]}, "
                        f"{other}: {found[name][:12]}); {remedies[name]}"
                    )
        agreed: dict[str, str] = every[0]
        return agreed

    def _told_apart(self, rank: int) -> tuple[str, str]:
        """Return the names of process 0 and of another, by their machines where these differ."""
        first, other = self.names[0], self.names[rank]
        return (first, other) if first != other else ("process 0", f"process {rank} on {other}")


def join(device: torch.device) -> World:
    """Join the processes that were started together; alone, return a world of one.

    Raises:
        PeerLostError: not all of them come.
    """
    if not is_member() or os.environ["WORLD_SIZE"] == "1":
        return World(device)
    world = World(device, int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
    with _peers():
        store = _store()
        backend = "nccl" if device.type == "cuda" else "gloo"
        # Of its own for every start: torchrun keeps one store, and a process that comes first would
        # take the address of one that has died for that of its successor.
        start = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        world.store = PrefixStore(f"start-{start}", store)
        dist.init_process_group(
            backend, store=world.store, rank=world.rank, world_size=world.size, timeout=PATIENCE
        )
    _introduce(world)
    return world


def _store() -> TCPStore:
    served = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    is_server = not served and os.environ["RANK"] == "0"
    place = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    return TCPStore(*place, is_master=is_server, timeout=PATIENCE)


def _introduce(world: World) -> None:
    """Tell the others who this is, and form the groups within and between machines."""
    under_dvc = is_first_here() and "DVC_STAGE" in os.environ
    told = world.gather_objects((os.environ["GROUP_RANK"], gethostname(), under_dvc))
    world.names = [name for _, name, _ in told]
    # Where DVC waits for outputs; by hand, where process 0 is.
    writers = [rank for rank, (*_, dvc) in enumerate(told) if dvc] or [0]
    world.writes = world.rank in writers
    if not world.writes:
        if is_first_here():
            where = world.names[writers[0]]
            print(f"progress is shown and the outputs are written on {where}", flush=True)
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - to the end
    machines = [[*ranks] for _, ranks in groupby(range(world.size), lambda rank: told[rank][0])]
    world.groups = [*_groups(world, machines)]


def _groups(world: World, machines: Sequence[Sequence[int]]) -> Iterator[PeerGroup]:
    """Yield the groups of this process: one, or two where machines have as many processes each."""
    sizes = {len(ranks) for ranks in machines}
    if len(machines) == 1 or len(sizes) > 1 or sizes == {1}:
        everybody = PeerGroup(None, [(rank, rank + 1) for rank in range(world.size)], world.rank)
        everybody.one_machine = len(machines) == 1
        yield everybody
        return
    across = [*zip(*machines, strict=True)]
    within: list[Any] = [dist.new_group(ranks) for ranks in machines]
    between: list[Any] = [dist.new_group(ranks) for ranks in across]
    machine = next(place for place, ranks in enumerate(machines) if world.rank in ranks)
    ranks = machines[machine]
    index = ranks.index(world.rank)
    here = PeerGroup(within[machine], [(rank, rank + 1) for rank in ranks], index)
    here.one_machine = True
    yield here
    yield PeerGroup(between[index], [(one[0], one[-1] + 1) for one in machines], machine)


@contextmanager
def _peers() -> Iterator[None]:
    """Turn what torch.distributed raises into the loss of another process."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        raise PeerLostError(str(error)) from error


def _bytes(tensor: Tensor) -> Tensor:
    """Return the memory of a tensor as uint8, for which any type will do."""
    return tensor.view(-1).view(torch.uint8)
