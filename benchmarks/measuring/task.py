"""Inputs and results of a part of `make bench`, and the commands that it runs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring.figure import Figure

ROOT = Path(__file__).parents[2]
LIMIT = 600.0  # seconds that a command may take


class AbsentError(Exception):
    """Something that cannot be measured on this machine, and why."""


class Task(NamedTuple):
    """The inputs of a part."""

    data: Path | None  # the folder with the published data sets, if there is one
    scratch: Path  # a folder for all that is made on the way, of all parts
    quick: bool  # whether this is a trial of a few seconds
    say: Callable[[str], None]  # shows how far it is

    def chosen(self, whole: int, trial: int) -> int:
        """Return how much of something is measured: less of it in a trial."""
        return trial if self.quick else whole


class Findings(NamedTuple):
    """The results of a part."""

    figures: Mapping[str, Figure]
    notes: Sequence[str] = ()  # what a reader of the figures must know
    versions: Mapping[str, str] = {}  # of packages that this part alone needs


class Cost(NamedTuple):
    """Wall time and CPU time of processes."""

    seconds: float
    core_seconds: float = 0.0

    def __add__(self, other: object) -> "Cost":
        return Cost(*map(sum, zip(self, other, strict=True)))  # type: ignore[call-overload]


def run(folder: Path, command: Sequence[str], environment: Mapping[str, str] = os.environ) -> Cost:
    """Run a command in a folder, and return what it cost.

    Raises:
        RuntimeError: it failed, or took longer than LIMIT; with the last that it said.
    """
    return heard(folder, command, environment)[1]


def heard(
    folder: Path, command: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[str, Cost]:
    """Run a command as `run` does; return what it printed, and what it cost.

    Raises:
        RuntimeError: it failed, or took longer than LIMIT; with the last that it said.
    """
    before, began = os.times(), time.perf_counter()
    try:
        ended = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True,
            timeout=LIMIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{shown(command)} took more than {LIMIT:.0f} s") from error
    seconds, after = time.perf_counter() - began, os.times()
    if ended.returncode:
        raise RuntimeError(f"{shown(command)} ended with {ended.returncode}: {last(ended.stderr)}")
    used = after.children_user + after.children_system
    cost = Cost(seconds, used - before.children_user - before.children_system)
    return ended.stdout, cost


def run_module(folder: Path, module: str, *arguments: str) -> Cost:
    """Run a module of this checkout in a folder, and return what it cost.

    Raises:
        RuntimeError: it failed.
    """
    return run(folder, [sys.executable, "-m", module, *arguments], importing())


def importing() -> dict[str, str]:
    """Return the environment of a process that imports this checkout."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


def shown(command: Sequence[str]) -> str:
    """Return a command for a message, without the folder of its program."""
    return " ".join([Path(command[0]).name, *command[1:]])


def last(said: str) -> str:
    """Return the last line that a process said."""
    return (said.strip().splitlines() or ["it said nothing"])[-1]
