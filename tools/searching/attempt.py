"""Carry out one trial: an experiment of DVC, watched by its curve on val while it trains."""

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal, NamedTuple

import psutil

from reprise.escaping import printable
from stages import files, sections
from stages.artifacts import history, report
from stages.artifacts.history import Epoch
from stages.params import PATH as PARAMS
from stages.training.early_stopping import EarlyStopping, best_index
from tools.experimenting.workplace import CHATTER, Workplace
from tools.params_yaml import merge, read, replace, written
from tools.searching.design import CURVES, sectioned

LOOK = 0.2  # seconds between two looks at the curve
MOMENT = 0.05  # seconds between two looks whether all have ended
PATIENCE = 20.0  # seconds that a training has to end by itself
SIGNALLED, OWN = 128, 255  # a shell adds the number of a signal to this; DVC's own failure
Judge = Callable[[int, float], bool]  # of an epoch and its score: whether to stop here


class Order(NamedTuple):
    """Name, parameters, aim and folders of an experiment to run."""

    name: str  # of the experiment
    settings: Mapping[str, Any]
    aim: str
    folder: Path  # of this trial
    env: Mapping[str, str]


class Ending(NamedTuple):
    """State, score and reason with which an experiment ended."""

    state: Literal["complete", "pruned", "failed", "killed", "stopped"]
    score: float | None = None
    reason: str = ""


class Attempt:
    """One experiment, in a clone that has nothing else to do."""

    def __init__(self, place: Workplace, order: Order, judge: Judge) -> None:
        """Take the clone back to the beginning, and set the parameters of the trial."""
        self._place, self._order, self._judge = place, order, judge
        self._path, self._judged = place.root / history.PATH, list[Epoch]()
        place.reset()
        place.keep_checkpoints(order.folder)
        params = read(place.root / PARAMS)
        changes = merge(params, sectioned(order.settings))
        if changes:
            replace(place.root / PARAMS, written(params, changes))
        self._train = sections.stated(place.root / PARAMS)["train"]
        self._former = _content(self._path)  # of the commit: not of this training

    def run(self, lock: int, stop: threading.Event) -> Ending:
        """Run it to its end, or until it is pruned or `stop` is set."""
        log = self._order.folder / "log"
        with log.open("wb") as file:
            process = self._place.start(self._order.name, file, lock, self._order.env)
            try:
                found = self._watch(process, stop)
            finally:
                end(process)
        if found is None and process.returncode:
            return failure(log.read_text("utf-8", "replace"), process.returncode)
        found = found or self._complete()
        if found.state == "pruned":
            history.write(self._judged, self._path)
            self._place.keep(self._order.name, [PARAMS, history.PATH])
        return found

    def _watch(self, process: subprocess.Popen[bytes], stop: threading.Event) -> Ending | None:
        """Poll the curve until the experiment ends; return why it must be stopped, or None."""
        while process.poll() is None:
            if stop.wait(LOOK):
                return Ending("stopped")
            if self._is_behind():
                return Ending("pruned")
        return None

    def _complete(self) -> Ending:
        """Judge the epochs since the last look, and return the score."""
        self._former = None
        if self._is_behind():
            return Ending("pruned")
        if self._order.aim in CURVES:
            epochs = history.read(self._path)
            names = EarlyStopping.model_fields
            params = EarlyStopping.model_validate({name: self._train[name] for name in names})
            return Ending("complete", getattr(epochs[best_index(epochs, params)], self._order.aim))
        place = self._place.root / report.SCORES
        with files.reading(place, "evaluate"):
            return Ending("complete", float(json.loads(place.read_bytes())[self._order.aim]))

    def _is_behind(self) -> bool:
        """Judge the epochs since the last look; tell whether the training is to end."""
        content = _content(self._path)
        if content is None or content == self._former or self._order.aim not in CURVES:
            return False
        self._former = None
        for epoch in history.read(self._path)[len(self._judged) :]:
            self._judged.append(epoch)
            behind = self._judge(epoch.epoch, getattr(epoch, self._order.aim))
            if behind and epoch.epoch != self._train["epochs"]:
                return True
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End an experiment and all that it started, by Ctrl-C, and if that does not help by a kill.

    DVC may be gone, and what it started not: that would write into the files of the next trial.
    """
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
    until = next((n for n, line in enumerate(lines) if line.startswith("ERROR: ")), len(lines))
    said = [line for line in lines[:until] if not line.lstrip().startswith(CHATTER)] or lines
    return Ending("failed", reason=printable(said[-1].strip()) if said else f"exit code {code}")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
