"""What computes the tasks of preprocess: workers of this machine, or of a cluster."""

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar, runtime_checkable

from stages.artifacts.raw import Group

# As Dask's own tools have it; no parameter, for it never changes the result.
SCHEDULER = "DASK_SCHEDULER_ADDRESS"
T = TypeVar("T")
P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Result(Protocol[T_co]):
    """What is being computed."""

    def result(self) -> T_co:
        """Wait for it."""
        ...


@runtime_checkable
class Engine(Protocol):
    """Workers that compute tasks."""

    @property
    def workers(self) -> int:
        """Number of tasks that are computed at once."""
        ...

    def reachable(self, group: Group) -> Group:
        """Return a row group as every worker can read it."""
        ...

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        """Start a task."""
        ...
