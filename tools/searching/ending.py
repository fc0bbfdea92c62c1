"""End the processes of an experiment, and tell how it ended."""

import errno
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import Literal, NamedTuple

import psutil

from reprise.escaping import printable
from tools.experimenting.workplace import CHATTER

MOMENT = 0.05  # seconds between two looks whether all have ended
PATIENCE = 20.0  # seconds that a training has to end by itself
ERROR = "ERROR: "  # of DVC
ELSEWHERE = [  # what a stage says where the machine is at fault
    *map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE)),
]
SIGNALLED, OWN = 128, 255  # a shell adds the number of a signal to this; DVC's own failure


class Ending(NamedTuple):
    """State, score and reason with which an experiment ended.

    It failed where its parameters may be the reason, and is broken where they cannot be: the next
    one would end the same way.
    """

    state: Literal["complete", "pruned", "failed", "killed", "stopped", "broken"]
    score: float | None = None
    reason: str = ""


def end(process: subprocess.Popen[bytes]) -> None:
    """End an experiment and all that it started, by Ctrl-C, and if that does not help by a kill.

    DVC may be gone, and what it started not: that would write into the files of the next trial.
    """
    if sys.platform == "win32":  # has no groups of processes, so tools/search.py began none
        process.kill()
        return
    for number in (signal.SIGINT, signal.SIGKILL):
        until = monotonic() + PATIENCE
        if not _is_at_work(process):
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        while _is_at_work(process) and monotonic() < until:
            sleep(MOMENT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)


def _is_at_work(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether a process or any of its group lives."""
    others = psutil.process_iter(["status"])
    # Where the first process of a machine waits for nobody, as in many containers, zombies stay.
    return any(
        each.info["status"] != psutil.STATUS_ZOMBIE and _group(each.pid) == process.pid
        for each in others
    )


def _group(pid: int) -> int | None:
    """Return the group of a process, None of one that is gone."""
    if sys.platform == "win32":
        return pid
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def failure(log: str, code: int) -> Ending:
    """Return why an experiment failed: what the stage said last, or the signal that ended it."""
    lines = [line.rstrip() for line in log.replace("\r", "\n").split("\n") if line.strip()]
    ended = re.search(r"failed to run: .*, exited with (-?\d+)", log)
    status = int(ended[1]) if ended else code
    if status < 0 or SIGNALLED < status < OWN:
        number = -status if status < 0 else status - SIGNALLED
        return Ending("killed", reason=f"was killed by signal {number}")
    until = next((n for n, line in enumerate(lines) if line.startswith(ERROR)), len(lines))
    said = [line for line in lines[:until] if not line.lstrip().startswith(CHATTER)] or lines
    if until < len(lines) and not ended:  # no stage has, so DVC itself
        return Ending("broken", reason=printable(lines[until].removeprefix(ERROR)))
    reason = printable(said[-1].strip()) if said else f"exit code {code}"
    return Ending("broken" if any(each in reason for each in ELSEWHERE) else "failed", None, reason)
