"""Recognise one of several processes of a stage, and report how it ends to its parent."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages.errors import REMEDIES, UserError

FAREWELL = timedelta(seconds=30)  # that a process waits for others when all is computed
PATIENCE = timedelta(minutes=5)  # that a process waits for another, as if its machine fell silent
LOST = 75  # exit code of a process that has lost another: EX_TEMPFAIL of sysexits.h
# Read when torch is imported, which comes later; its warnings of connections repeat, in many lines,
# what is told here in one.
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
# Variables that the parent sets.
VERDICT = "REPRISE_VERDICT"  # file in which a process says why all must end
REASON = "REPRISE_REASON"  # file in which a process says how it lost another


class PeerLostError(Exception):
    """Another process has ended, or its machine does not answer."""


def is_member() -> bool:
    """Tell whether this process was started as one of several, by Torch Elastic."""
    told = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "GROUP_RANK", "MASTER_ADDR", "MASTER_PORT"}
    return told <= os.environ.keys()


def is_first_here() -> bool:
    """Tell whether this process is the only one on its machine, or the first of several."""
    return not is_member() or os.environ["LOCAL_RANK"] == "0"


@contextmanager
def reported() -> Iterator[None]:
    """End one of several processes, within a block, so that its parent knows why.

    An error of the user, or a defect, ends all processes for good; where another one is lost, all
    start again.
    """
    if not is_member():
        yield
        return
    try:
        yield
    except PeerLostError as error:
        _left(first_line(error), REASON)
        _end(LOST)
    except KeyboardInterrupt:
        if is_first_here():
            raise
        sys.exit(130)  # 128 + SIGINT
    except Exception as error:
        message = _message(error)
        if not _left(message or "") or message is None:
            raise
        _end(1)


def _end(code: int) -> NoReturn:
    """End this process at once: threads of torch may wait for others, and would end with a line."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _message(error: BaseException) -> str | None:
    """Return the message for the user, or None where the error is to be seen as it is."""
    if isinstance(error, UserError):
        return str(error)
    resource = lacking(error)
    return REMEDIES[resource].format(first_line(error)) if resource else None


def _left(message: str, variable: str = VERDICT) -> bool:
    """Leave a message for the parent, unless another process has; return whether there is one."""
    if not (path := os.environ.get(variable)):
        return False
    whole = Path(f"{path}.{os.getpid()}")
    whole.write_text(message, encoding="utf-8", newline="\n")
    with suppress(FileExistsError):
        os.link(whole, path)  # at once: the parent may look at any moment
    return True
