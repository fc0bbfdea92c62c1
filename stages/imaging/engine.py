"""The interface of workers, on this machine or a cluster, that decode for preprocess."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar, runtime_checkable

from stages.artifacts.raw import RowGroup

# As Dask's own tools have it; no parameter, for it never changes the result.
SCHEDULER = "DASK_SCHEDULER_ADDRESS"
T = TypeVar("T")
P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Result(Protocol[T_co]):
    """A task that a worker has or will have."""

    def result(self) -> T_co:
        """Wait for its result."""
        ...


@runtime_checkable
class Engine(Protocol):
    """Workers that compute tasks."""

    @property
    def workers(self) -> int:
        """Number of tasks that are computed at once."""
        ...

    def reachable(self, group: RowGroup) -> RowGroup:
        """Return a row group as every worker can read it."""
        ...

    def reach(self, folder: Path) -> bool:
        """Return whether all workers see the stage's files, and this folder to write into."""
        ...

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        """Start a task."""
        ...


def in_order(engine: Engine, started: Iterable[Result[T]]) -> Iterator[T]:
    """Yield the results of tasks, which are started as they are taken, in their order."""
    pending = deque[Result[T]]()
    for task in started:
        pending.append(task)
        if len(pending) > 2 * engine.workers:  # more would only fill memory
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
