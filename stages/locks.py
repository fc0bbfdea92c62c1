"""Locks between processes; the system releases them when their holder ends, even if killed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reprise.shortage import lacking
from stages.errors import UserError


def take(path: Path) -> bool:
    """Lock a file until this process ends; return False if another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)  # never closed: that would release it
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    return True


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of the folder of a file, and wait for it if another process has it.

    Raises:
        UserError: the folder cannot be made, or its file system has no locks.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path.parent, os.O_RDONLY)
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if lacking(error):
            raise
        raise UserError(
            f"{path}: cannot be written: {error.strerror}; mend the permissions"
        ) from error
    try:
        yield
    finally:
        os.close(file)
