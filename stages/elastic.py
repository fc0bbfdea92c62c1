"""Start processes by Torch Elastic, wait for them, and start them again when one is killed."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from signal import Signals, strsignal
from socket import create_connection, gethostname
from threading import Event, Thread
from time import sleep
from typing import Any
from uuid import uuid4

from torch._C._distributed_c10d import TCPStore
from torch.distributed import DistError
from torch.distributed.elastic.agent.server.api import (
    RunResult,
    WorkerGroup,
    WorkerSpec,
    WorkerState,
)
from torch.distributed.elastic.agent.server.local_elastic_agent import LocalElasticAgent
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ProcessFailure
from torch.distributed.elastic.rendezvous import RendezvousParameters, registry
from torch.distributed.elastic.rendezvous.api import (
    RendezvousConnectionError,
    RendezvousError,
    RendezvousTimeoutError,
)

from stages.errors import UserError
from stages.processes import LOST, REASON, VERDICT
from stages.rendezvous import MACHINES, PLACE, Rendezvous

LOOK = 0.1  # seconds between two looks at the processes
ASKING = 3.0  # seconds in which other machines look whether one has ended all
WAITING = timedelta(seconds=1)  # for the message of a machine that has lost a process
KILL = 9  # the number of SIGKILL, which Windows lacks
ENDED = "ended"  # key of the message by which it has


def run(stage: str, count: int, where: Rendezvous) -> None:
    """Run `count` processes of a stage on this machine, and return when all have succeeded.

    Raises:
        UserError: other machines cannot be reached, or a process has failed for good.
        KeyboardInterrupt: the user has stopped them.
    """
    logging.disable()  # Torch Elastic says in many lines what is said here in one
    _require_meeting(where)
    with tempfile.TemporaryDirectory(prefix="reprise-") as folder, _explained(where):
        os.environ[VERDICT] = str(Path(folder) / "verdict")
        # The store that machines share has the place of round 1 only, which later ones wait for.
        os.environ["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] = "1"
        with _without_stderr():  # where C++ would print frames of what is told below
            spec = _spec(stage, count, where)
        if not where.is_alone:
            machines = where.least if where.least == where.most else f"{where.least}:{where.most}"
            print(f"waits for {machines} machines at {where.place}", flush=True)
        try:
            result = Agent(spec, DefaultLogsSpecs(folder)).run()
        finally:
            with suppress(Exception):
                spec.rdzv_handler.shutdown()
    _require_success(result, count, where)


def _require_success(result: RunResult | None, count: int, where: Rendezvous) -> None:
    """Refuse how the processes have ended.

    Raises:
        UserError: there was no place for this machine, or a process was lost too often.
    """
    if result is None:  # Torch Elastic lets a machine go for which there is no place
        raise UserError(
            f"{where.most} machines ({MACHINES}) train already; ask for more on all of them"
        )
    if result.is_failed():
        lost, often = _lost(result.failures, count), where.restarts + 1
        raise UserError(
            f"{lost}, at start {often} of {often}; `dvc repro` goes on from the last checkpoint"
        )


class Agent(LocalElasticAgent):
    """The parent of the processes on this machine."""

    def _start_workers(self, worker_group: WorkerGroup) -> dict[int, Any]:
        """Start the processes, once all machines have met."""
        reason = Path(os.environ[VERDICT]).with_name("reason")
        reason.unlink(missing_ok=True)  # of an earlier start
        os.environ[REASON] = str(reason)
        if (machines := worker_group.group_world_size or 1) > 1:
            total = worker_group.workers[0].world_size
            print(f"{machines} machines have met, with {total} processes", flush=True)
        started: dict[int, Any] = super()._start_workers(worker_group)
        return started

    def _monitor_workers(self, worker_group: WorkerGroup) -> RunResult:
        """Look at the processes; say which was killed, or end all for good.

        Raises:
            UserError: one of them has failed in a way that starting again does not mend.
        """
        result: RunResult = super()._monitor_workers(worker_group)
        if result.state in {WorkerState.FAILED, WorkerState.UNHEALTHY}:
            _end_if_judged(worker_group)
            restarts = worker_group.spec.max_restarts
            started = restarts - self._remaining_restarts + 1
            if self._remaining_restarts:
                again = f"all start again from the last checkpoint ({started} of {restarts})"
                total = worker_group.workers[0].world_size
                print(f"{_lost(result.failures, total)}; {again}", file=sys.stderr, flush=True)
        return result

    def _exit_barrier(self) -> None:
        """Wait for the other machines, whose work may take a little longer; Ctrl-C ends that."""
        if (self._worker_group.group_world_size or 1) > 1:
            print("done on this machine; waits until the others are", flush=True)
        with suppress(SignalException):
            super()._exit_barrier()  # type: ignore[no-untyped-call]


def _end_if_judged(worker_group: WorkerGroup) -> None:
    """End, with its message, if a process here or on another machine has failed for good."""
    verdict = Path(os.environ[VERDICT])
    message = verdict.read_text(encoding="utf-8") if verdict.exists() else None
    if (worker_group.group_world_size or 1) > 1:
        message = _shared(worker_group.store, message)
    if message:
        raise UserError(message)
    if message is not None:  # the process has shown its error itself
        sys.exit(1)


def _shared(store: Any, message: str | None) -> str | None:  # noqa: ANN401 - torch says None
    """Give the other machines a message by which all end; without one, return theirs, if any."""
    try:
        if message is not None:
            store.set(ENDED, message or "a process on another machine has failed; see there")
            sleep(ASKING)  # the store may end with this process
        else:
            store.wait([ENDED], WAITING)
            return str(store.get(ENDED).decode())
    except DistError:  # nobody has, or the store has ended
        pass
    return message


def _lost(failures: Mapping[int, ProcessFailure], processes: int) -> str:
    """Return which process was lost, and how."""
    for rank, failure in failures.items():
        if failure.exitcode < 0:
            name = strsignal(-failure.exitcode) or str(-failure.exitcode)
            why = ", perhaps for want of memory" if -failure.exitcode == KILL else ""
            return f"process {rank} of {processes} on {gethostname()} was killed ({name}){why}"
        if failure.exitcode != LOST:
            return f"process {rank} of {processes} on {gethostname()} ended ({failure.exitcode})"
    reason = Path(os.environ[REASON])
    told = reason.read_text(encoding="utf-8") if reason.exists() else "no reason is known"
    return f"the processes lost each other ({told})"


def _spec(stage: str, count: int, where: Rendezvous) -> WorkerSpec:
    meeting = RendezvousParameters(
        backend="c10d",
        endpoint=where.place or "localhost:0",
        run_id=where.name if where.place else uuid4().hex,
        min_nodes=where.least,
        max_nodes=where.most,
        local_addr=where.address if where.place else "localhost",
        **where.limits._asdict(),
    )
    return WorkerSpec(
        role=stage,
        local_world_size=count,
        entrypoint=sys.executable,
        args=("-m", f"stages.{stage}"),
        rdzv_handler=registry.get_rendezvous_handler(meeting),
        max_restarts=where.restarts,
        monitor_interval=LOOK,
        local_addr=where.address if where.place else "localhost",
    )


def _require_meeting(where: Rendezvous) -> None:
    """Refuse a place at which another program listens: torch would wait for its answer for ever.

    Raises:
        UserError: what listens there is no meeting place.
    """
    if where.is_alone or not _is_taken(where.place):
        return
    host, port = _parted(where.place)
    limit = timedelta(seconds=where.limits.read_timeout)
    met = Event()

    def knock() -> None:
        with suppress(Exception):  # whatever the program answers
            TCPStore(host, port, is_master=False, wait_for_workers=False, timeout=limit)
            met.set()

    Thread(target=knock, daemon=True).start()
    if not met.wait(where.limits.read_timeout):
        raise _taken(where)


def _taken(where: Rendezvous) -> UserError:
    return UserError(
        f"{where.place} ({PLACE}) is taken by another program; choose another port, on all machines"
    )


def _is_taken(place: str) -> bool:
    """Tell whether a program answers at a place."""
    try:
        create_connection(_parted(place), ASKING).close()
    except OSError:
        return False
    return True


def _parted(place: str) -> tuple[str, int]:
    host, _, port = place.rpartition(":")
    return host, int(port)


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Drop what is written to stderr within a block, below Python too."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _explained(where: Rendezvous) -> Iterator[None]:
    """Turn what Torch Elastic raises into messages."""
    try:
        yield
    except SignalException as error:
        if error.sigval == Signals.SIGINT:
            raise KeyboardInterrupt from error
        sys.exit(128 + error.sigval)
    except RendezvousConnectionError as error:
        if REASON in os.environ:  # they had met
            raise UserError(
                f"{where.place} ({PLACE}), where the machines met, was lost; start the stage again "
                "there and on the others"
            ) from error
        if _is_taken(where.place):
            raise _taken(where) from error
        raise UserError(
            f"{where.place} ({PLACE}) does not answer after {where.limits.read_timeout} s; start "
            "the stage there first, or correct it"
        ) from error
    except RendezvousTimeoutError as error:
        raise UserError(
            f"fewer than {where.least} machines ({MACHINES}) came to {where.place} ({PLACE}) "
            f"within {where.limits.join_timeout} s; start the stage on the others, or ask for fewer"
        ) from error
    except (RendezvousError, DistError) as error:
        raise UserError(
            f"the other machines have ended or cannot be reached at {where.place} ({PLACE}); see "
            "their messages, then start the stage again on all"
        ) from error
