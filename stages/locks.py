"""Locks between processes; the system releases them when their holder ends, even if killed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from reprise.shortage import lacking
from stages.errors import UserError

HELD = list[FileLock]()  # to the end of this process: who forgets a lock releases it


def opened(path: Path, patience: float, lend: Callable[[int], None] | None = None) -> FileLock:
    """Return a lock of the system; to take it may last `patience` seconds, -1 is without an end.

    `lend` is told its descriptor, once it is taken. Never a soft lock: that is a file, which a
    killed holder would leave behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, patience, 0o600, fallback_to_soft=False, on_acquired=lend)


def take(path: Path) -> bool:
    """Lock a file until this process ends; return False if another holds it."""
    if any(Path(lock.lock_file) == path for lock in HELD):
        return False
    lock = opened(path, 0)
    try:
        lock.acquire()
    except Timeout:
        return False
    HELD.append(lock)
    return True


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of the folder of a file, and wait for it if another process has it.

    The lock is a file beside the folder: what is in that are states, and nothing else.

    Raises:
        UserError: the folder cannot be made, or its file system has no locks.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = opened(path.parent.with_name(f"{path.parent.name}.lock"), -1)
        lock.acquire()
    except OSError as error:
        if lacking(error):
            raise
        raise UserError(
            f"{path}: cannot be written: {error.strerror}; mend the permissions"
        ) from error
    try:
        yield
    finally:
        lock.release()
