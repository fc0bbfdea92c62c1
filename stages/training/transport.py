"""Move rows of floats between processes: by collectives, or through memory that they share."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import torch
from torch import Tensor

from stages.world import PeerGroup

SHARED = Path("/dev/shm")  # noqa: S108 - on Linux, memory with a name
FLOAT = 4  # bytes


class Collective:
    """Rows that torch.distributed moves."""

    def __init__(self, group: PeerGroup, width: int, device: torch.device) -> None:
        """Take the processes, and the floats of a row, a multiple of their number."""
        self._group, self._processes = group, len(group.spans)
        self._whole = torch.zeros(width, device=device)
        self._rows = self._received = self._whole[None, :0]

    def rows(self, count: int) -> Tensor:
        """Return memory [count, width] for this process's rows."""
        if self._rows.shape != (count, len(self._whole)):
            self._rows = self._whole.new_zeros(count, len(self._whole))
            self._received = torch.zeros_like(self._rows).view(self._processes, count, -1)
        return self._rows

    def scatter(self) -> Tensor:
        """Return the rows of each process, of one chunk each: [processes, count, chunk]."""
        chunks = self._rows.view(len(self._rows), self._processes, -1).transpose(0, 1)
        self._group.all_to_all(self._received, chunks.contiguous())
        return self._received

    def gather(self, chunk: Tensor) -> Tensor:
        """Return the chunks of all processes side by side: [width]."""
        self._group.all_gather(self._whole, chunk)
        return self._whole


class SharedMemory:
    """Rows in memory that the processes of a machine share: each adds what the others wrote."""

    def __init__(self, group: PeerGroup, memory: Tensor) -> None:
        """Take memory [processes, rows + 1, width]; the last row of the first is for the sums."""
        self._group, self._count = group, 0
        self._written, self._summed = memory[:, :-1], memory[0, -1]
        self._whole = torch.zeros(memory.shape[2])

    def rows(self, count: int) -> Tensor:
        """Return memory [count, width] for this process's rows."""
        self._count = count
        return self._written[self._group.index, :count]

    def scatter(self) -> Tensor:
        """Return the rows of each process, of one chunk each: [processes, count, chunk]."""
        self._group.barrier()
        return self._chunk(self._written[:, : self._count])

    def gather(self, chunk: Tensor) -> Tensor:
        """Return the chunks of all processes side by side: [width]."""
        self._chunk(self._summed).copy_(chunk)
        self._group.barrier()
        return self._whole.copy_(self._summed)  # clipping and unscaling change it in place

    def _chunk(self, rows: Tensor) -> Tensor:
        return rows.chunk(len(self._group.spans), -1)[self._group.index]


Transport: TypeAlias = Collective | SharedMemory


def connect(group: PeerGroup, most: int, width: int, device: torch.device) -> Transport:
    """Return the fastest transport of up to `most` rows of `width` floats."""
    one_each = all(end == first + 1 for first, end in group.spans)
    if group.one_machine and one_each and device.type == "cpu":
        memory = _map(group, (len(group.spans), most + 1, width))
        if all(group.gather_objects(memory is not None)) and memory is not None:
            return SharedMemory(group, memory)
    return Collective(group, width, device)


def _map(group: PeerGroup, shape: tuple[int, int, int]) -> Tensor | None:
    """Map floats that all processes of a machine share, or return None where it has too few.

    It has none on macOS and Windows.
    """
    count = shape[0] * shape[1] * shape[2]
    path = SHARED / f"reprise-{uuid4().hex}"
    if group.index == 0:
        with suppress(OSError):
            _reserve(path, FLOAT * count)
    try:
        path = group.gather_objects(path)[0]
        if path.stat().st_size < FLOAT * count:
            return None
        return torch.from_file(str(path), shared=True, size=count).view(shape)
    except (OSError, RuntimeError):
        return None
    finally:
        try:
            group.barrier()
        finally:
            if group.index == 0:
                path.unlink(missing_ok=True)  # the memory lives as long as it is mapped


def _reserve(path: Path, size: int) -> None:
    """Make a file whose bytes are there: to write to one that has none may kill the process.

    Raises:
        OSError: there are too few.
    """
    if hasattr(os, "posix_fallocate"):  # not on macOS and Windows
        with path.open("xb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
