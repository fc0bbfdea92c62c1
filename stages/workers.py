"""Run a stage in several processes, if that is wanted."""

import os
import sys
from threading import Thread
from time import sleep

from stages import processes, rendezvous
from stages.errors import UserError
from stages.params import Params

LOOK = 1.0  # seconds between two looks at whether the parent still lives


def share(params: Params, batches: int, parameter: str | None = None) -> None:
    """Start several processes of a stage, wait for them, and end this one, if that is wanted.

    `batches` can be computed at the same time; where a parameter says how many, other machines may
    join. In one of these processes, and where one process is enough, it returns at once.

    Raises:
        UserError: a variable is wrong, other machines cannot be reached, or a process fails.
    """
    if processes.is_member():
        Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        return
    stage = type(params).__name__.lower()
    where, count = rendezvous.read(stage), _count(batches, parameter)
    if parameter is None:
        where = where._replace(place="", least=1, most=1)
    if count == 1 and where.is_alone:
        return
    from stages.elastic import run  # noqa: PLC0415 - takes a second, which few stages need

    run(stage, count, where)
    sys.exit()


def _count(batches: int, parameter: str | None) -> int:
    """Return how many processes to start here.

    Raises:
        UserError: the user wants more than the parameter gives something to do.
    """
    asked = rendezvous.processes() or 1
    if asked > batches and parameter:
        raise UserError(
            f"{rendezvous.PROCESSES} is {asked}, but a step has {parameter} {batches} batches to "
            "share; lower the one, or raise the other, which changes the result"
        )
    return min(asked, batches)


def _end_with(parent: int) -> None:
    """End this process at once when its parent has ended, which can no longer stop it."""
    while os.getppid() == parent:
        sleep(LOOK)
    os._exit(processes.LOST)
