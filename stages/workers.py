"""Run a stage in several processes, if that is wanted."""

import os
import sys
from threading import Thread
from time import sleep

from reprise.capacity import cores
from stages import processes, rendezvous
from stages.errors import UserError
from stages.runtime import Runtime, gpus

AFFORDABLE = "REPRISE_PROCESSES"  # variable: how many to start, of which some may end at once
ELASTIC = sys.platform != "win32"  # where stages/elastic was never tried
LOOK = 1.0  # seconds between two looks at whether the parent still lives


def share(params: Runtime, batches: int, parameter: str | None = None) -> None:
    """Start several processes of a stage, wait for them, and end this one, if that is wanted.

    `batches` can be computed at the same time; where a parameter says how many, other machines may
    join. In one of these processes, and where one process is enough, it returns at once.

    Raises:
        UserError: a variable is wrong, other machines cannot be reached, a process fails, or this
            is Windows.
    """
    if processes.is_member():
        Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        return
    stage = type(params).__name__.lower()
    where, count = rendezvous.read(stage), _count(params, batches, parameter)
    if parameter is None:
        where = where._replace(place="", least=1, most=1)
    if count == 1 and where.is_alone:
        return
    _require_elastic()
    if is_open():
        os.environ[AFFORDABLE] = str(count)
    from stages.elastic import run  # noqa: PLC0415 - takes a second, which few stages need

    run(stage, count, where)
    sys.exit()


def is_open() -> bool:
    """Tell whether the user has left it to the stage how many processes there are."""
    is_said = rendezvous.processes() is not None or rendezvous.MACHINES in os.environ
    # Of those that torchrun itself started, the user has said it there.
    return not is_said and (not processes.is_member() or AFFORDABLE in os.environ)


def affordable(batches: int, threads: int) -> int:
    """Return how many processes have cores, and a batch of a step, of their own on this machine."""
    return max(1, min(batches, cores() // threads)) if ELASTIC else 1


def _require_elastic() -> None:
    """Refuse a system on which stages are one process.

    Raises:
        UserError: it is Windows.
    """
    if not ELASTIC:
        raise UserError(
            f"several processes for a stage ({rendezvous.PROCESSES}, {rendezvous.MACHINES}) do not "
            "run on Windows; unset these variables, or work in WSL (docs/platforms.md)"
        )


def start_again(count: int) -> None:
    """Start this stage again in `count` processes, in place of this one."""
    sys.stdout.flush()
    os.environ[AFFORDABLE] = str(count)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell needed


def _count(params: Runtime, batches: int, parameter: str | None) -> int:
    """Return how many processes to start here.

    Raises:
        UserError: the user wants more than the parameter gives something to do.
    """
    asked = rendezvous.processes() or int(os.environ.get(AFFORDABLE, "0"))
    here = gpus(params)
    if not asked:
        return max(1, min(here, batches)) if parameter and ELASTIC else 1
    if parameter and asked > here > 0:
        raise UserError(
            f"{rendezvous.PROCESSES} is {asked}, but there are {here} GPUs, one for each process; "
            f"lower it, or set {type(params).__name__.lower()}.device to cpu"
        )
    if asked > batches and parameter:
        raise UserError(
            f"{rendezvous.PROCESSES} is {asked}, but a step has {parameter} {batches} batches to "
            "share; lower the one, or raise the other, which changes the result"
        )
    return min(asked, batches, here or asked)


def _end_with(parent: int) -> None:
    """End this process at once when its parent has ended, which can no longer stop it."""
    while os.getppid() == parent:
        sleep(LOOK)
    os._exit(processes.LOST)
