"""One way of training, in a process of its own, which trains as far as it is told, and waits.

It reads lines of JSON and answers each with one: first who it is to be, then up to which share of
all epochs to train (answer: images and seconds of that), and at the end what it comes to on test.
What it prints goes to stderr. Validation, saving and starting are not timed: steps are.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TextIO

WAYS = ("ours", "usual", "fastai")


class Job(NamedTuple):
    """The data and the training that all ways share."""

    way: str
    recipe: str
    root: str  # data/splits, as the recipe makes it
    photos: str | None  # the same images as files, in folders train and test: the usual way reads
    seed: int
    epochs: int
    limit: int | None  # images of an epoch, in a trial


class Way(Protocol):
    """A training; it has begun."""

    def images(self) -> int:
        """Return how many images an epoch has."""

    def epoch(self) -> Iterator[int]:
        """Train an epoch; yield now and then how many images were learnt from since."""

    def ended(self) -> None:
        """Do what comes after an epoch, which is not timed."""

    def accuracy(self) -> float:
        """Return the share of test that is classified correctly."""


class Runner:
    """Trains a way by and by."""

    def __init__(self, way: Way, epochs: int) -> None:
        """Take a training that has begun."""
        self._way, self._all, self._done = way, epochs * way.images(), 0
        self._steps = iter(())  # type: Iterator[int]

    def until(self, share: float) -> dict[str, float]:
        """Train until that share of all images is reached; return the images and seconds of it."""
        images, seconds = 0, 0.0
        while self._done < round(share * self._all):
            began = time.perf_counter()
            step = next(self._steps, None)
            if step is None and self._done % self._way.images() == 0:
                self._steps = self._way.epoch()
                step = next(self._steps)
            seconds += time.perf_counter() - began
            if step is None:
                raise RuntimeError("an epoch ended before all of its images were learnt from")
            images, self._done = images + step, self._done + step
            if self._done % self._way.images() == 0:
                self._way.ended()
        return {"images": images, "seconds": seconds}


def entered(job: Job) -> Way:
    """Return the way of a name, about to begin; a way's packages are imported here alone."""
    made: Way = import_module(f"benchmarks.racing.{job.way}_way").begin(job)
    return made


def serve(asked: TextIO, answer: TextIO) -> None:
    """Answer until nobody asks."""
    runner: Runner | None = None
    way: Way | None = None
    for line in asked:
        order: dict[str, Any] = json.loads(line)
        if "job" in order:
            job = Job(**order["job"])
            way = entered(job)
            runner = Runner(way, job.epochs)
            said: dict[str, float] = {"images": way.images()}
        elif "until" in order and runner:
            said = runner.until(order["until"])
        elif way:
            said = {"accuracy": way.accuracy()}
        print(json.dumps(said), file=answer, flush=True)


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])  # where the recipes are
    to_parent = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    serve(sys.stdin, to_parent)
