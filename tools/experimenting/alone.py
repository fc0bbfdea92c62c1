"""One command at a time carries out experiments in the clones of a repository."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import AcquireReturnProxy, FileLock, Timeout

from stages import locks
from stages.errors import UserError

FOLDER = Path(".dvc/tmp/experimenting")
AGAIN = "the same command goes on: finished runs come from the cache"


@contextmanager
def alone() -> Iterator[int]:
    """Hold the locks of the folder; yield the one that experiments are to inherit.

    A command that was killed by itself leaves an experiment at work, which ends like any other;
    this waits for it.

    Raises:
        UserError: another command is at work.
    """
    descriptors = list[int]()
    command = locks.opened(FOLDER.with_suffix(".lock"), 0)
    experiments = locks.opened(FOLDER.with_suffix(".at_work"), -1, descriptors.append)
    try:
        held = command.acquire()
    except Timeout as error:
        raise UserError(
            "another `reprise repeat`, `folds` or `search` is at work here; wait for its end"
        ) from error
    with held, _waited_for(experiments):
        yield descriptors[0]


def _waited_for(lock: FileLock) -> AcquireReturnProxy[FileLock]:
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        print("waiting for the experiment that a killed command left at work", flush=True)
        return lock.acquire()
