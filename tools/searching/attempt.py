"""Carry out one trial: an experiment of DVC, watched by its curve on val while it trains."""

import json
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stages import files, sections
from stages.artifacts import history, report
from stages.artifacts.history import Epoch
from stages.params import PATH as PARAMS
from stages.training.early_stopping import EarlyStopping, best_index
from tools.experimenting.workplace import Workplace
from tools.params_yaml import merge, read, replace, sectioned, written
from tools.searching.design import CURVES
from tools.searching.ending import Ending, end, failure

LOOK = 0.2  # seconds between two looks at the curve
Judge = Callable[[int, float], bool]  # of an epoch and its score: whether to stop here


class Order(NamedTuple):
    """Name, parameters, aim and folders of an experiment to run."""

    name: str  # of the experiment
    settings: Mapping[str, Any]
    aim: str
    folder: Path  # of this trial
    env: Mapping[str, str]


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
        self._others = {*place.known(history.PATH)}  # they are not of this training

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
        self._others.clear()
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
        if content is None or content in self._others or self._order.aim not in CURVES:
            return False
        for epoch in history.read(self._path)[len(self._judged) :]:
            self._judged.append(epoch)
            behind = self._judge(epoch.epoch, getattr(epoch, self._order.aim))
            if behind and epoch.epoch != self._train["epochs"]:
                return True
        return False


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
