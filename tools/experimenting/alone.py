"""One command at a time carries out experiments in the clones of a repository."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = os.open(FOLDER.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o644)
    experiments = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(command, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _wait(experiments)
        yield experiments
    except BlockingIOError as error:
        raise UserError(
            "another `reprise repeat`, `folds` or `search` is at work here; wait for its end"
        ) from error
    finally:
        os.close(experiments)
        os.close(command)


def _wait(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("waiting for the experiment that a killed command left at work", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
