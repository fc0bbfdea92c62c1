"""The workers of a Dask cluster, and the tasks they have."""

import pickle
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from itertools import chain
from math import inf
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Generic, ParamSpec, TypeVar
from uuid import uuid4
from weakref import WeakSet

from distributed import Client, Future, KilledWorker

from reprise.escaping import first_line, printable
from stages.artifacts.raw import RowGroup
from stages.errors import UserError
from stages.imaging import worker
from stages.imaging.engine import SCHEDULER
from stages.imaging.worker import Seen, Terms

JOIN = 300.0  # seconds that there may be no worker: a queue of jobs may have to start them
LOOK = 5.0  # seconds between two looks at how many workers there are
SENT = "the cluster's workers do not all see data/raw: the images are sent to them"
WRITTEN = "the cluster's workers do not all see this folder: the images are written here"
T = TypeVar("T")
P = ParamSpec("P")


class Task(Generic[T]):
    """A task on the cluster."""

    def __init__(self, cluster: "Cluster", call: bytes, groups: Sequence[RowGroup]) -> None:
        self._cluster, self._call, self._groups = cluster, call, groups
        self._future, self._suspect = cluster.start(call), False

    def result(self) -> T:
        """Wait for the result as long as there are workers.

        Dask gives up all tasks that several killed workers had, those that only waited there, too:
        each is tried once more when it is its turn, when those before it are done.

        Raises:
            UserError: no worker is left, or several were killed by these images.
        """
        while True:
            try:
                self._future.exception(timeout=LOOK)  # waits, and does not fetch
                found: T = self._future.result(timeout=JOIN)
            except TimeoutError:
                self._cluster.require_workers()
            except KilledWorker as error:
                if self._suspect:
                    raise UserError(self._deadly(error)) from error
                self._future, self._suspect = self._cluster.start(self._call), True
            else:
                return found

    def _deadly(self, error: KilledWorker) -> str:
        return (
            f"{_named(self._groups)}: {2 * (error.allowed_failures + 1)} workers were killed while "
            f"they decoded these, perhaps for want of memory, {error.last_worker.address} last; "
            "give workers more memory or fewer threads, or mend the images"
        )


class Cluster:
    """The workers behind a scheduler."""

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address
        self._files: dict[Path, Seen] = {}  # that all workers see
        self._tasks = WeakSet[Future[Any]]()
        self._workers, self._looked, self._had = 0, -inf, monotonic()

    @property
    def workers(self) -> int:
        """Number of tasks that are computed at once; workers may come and go."""
        if monotonic() - self._looked > LOOK:
            self._workers, self._looked = sum(self._client.nthreads().values()), monotonic()
            self._had = self._looked if self._workers else self._had
        return self._workers

    def require_workers(self) -> None:
        """Return while there are workers.

        Raises:
            UserError: there have been none for a while.
        """
        if not self.workers and monotonic() - self._had > JOIN:
            raise UserError(
                f"{self._address} ({SCHEDULER}) has had no worker for {JOIN:g} s; "
                "start some as docs/scale.md says, then run the stage again"
            )

    def wait_for_workers(self) -> None:
        """Wait until there is a worker.

        Raises:
            UserError: none comes.
        """
        while not self.workers:
            self.require_workers()
            sleep(LOOK / 10)

    def agree(self, groups: Sequence[RowGroup]) -> None:
        """Compare the software of the workers, and find out whether they see the row groups.

        Raises:
            UserError: a worker has other software.
        """
        for address, found in self._everywhere(worker.software).items():
            if flaw := worker.differences(found, worker.software()):
                raise UserError(f"worker {address}: {flaw}; {worker.START}")
        looked = [worker.look(path.resolve()) for path in {group.file for group in groups}]
        files = [file for file in looked if file]
        if all(self._everywhere(worker.sees, files).values()):
            self._files = {file.path: file for file in files}
        else:
            print(SENT, file=sys.stderr)

    def reachable(self, group: RowGroup) -> RowGroup:
        """Return a row group by its absolute path, or with its images where workers see no file."""
        path = group.file.resolve()
        if path in self._files:
            return group._replace(file=path)
        return group._replace(held=tuple(group.images()))

    def reach(self, folder: Path) -> bool:
        """Return whether all workers see the row groups and this folder, to write into it."""
        token = folder / f".{uuid4()}"
        token.touch()
        seen = [file for file in [worker.look(token)] if file]
        common = bool(self._files) and all(self._everywhere(worker.sees, seen).values())
        token.unlink()
        if self._files and not common:
            print(WRITTEN, file=sys.stderr)
        return common

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Task[T]:
        """Start a task."""
        lists = [arg if isinstance(arg, list) else [arg] for arg in args]
        groups = [group for group in chain(*lists) if isinstance(group, RowGroup)]
        files = {self._files[group.file] for group in groups if group.held is None}
        terms = Terms(worker.software(), tuple(files))
        call = pickle.dumps(_Call(terms, partial(function, *args, **kwargs)))
        return Task(self, call, groups)

    def start(self, call: bytes) -> Future[Any]:
        """Have a worker make a call."""
        future: Future[Any] = self._client.submit(pickle.loads, call, key=f"preprocess-{uuid4()}")
        self._tasks.add(future)
        return future

    def cancel(self) -> None:
        """Forget all tasks: what runs comes to its end, and nothing more is begun."""
        with suppress(CancelledError, OSError):
            self._client.cancel([*self._tasks])

    def _everywhere(self, function: Callable[..., T], *args: object) -> dict[str, T]:
        """Call a function on every worker that is there; return what it gives, by worker.

        Raises:
            UserError: a worker cannot run it.
        """
        found: dict[str, T] = self._client.run(function, *args, on_error="return")
        for address, value in found.items():
            if isinstance(value, Exception):
                raise UserError(
                    f"worker {address}: cannot run this code ({first_line(value)}); {worker.START}"
                )
        return found


class _Call:
    """A call that unpickling makes.

    The scheduler opens the tasks, and need not have this code: it finds `pickle.loads` and bytes.
    """

    def __init__(self, terms: Terms, function: Callable[[], object]) -> None:
        self._args = terms, function

    def __reduce__(self) -> tuple[object, ...]:
        return worker.run, self._args


def _named(groups: Sequence[RowGroup]) -> str:
    """Name images by the first and the last of some row groups."""
    first, last = groups[0].images()[0], groups[-1].images()[-1]
    return printable(f"{groups[0].file.name}: {first.path} to {last.path}")
