"""Batches: while the model is busy, what arrives waits, and then goes together.

Nobody waits for others when the model is idle. A batch has pictures for one model only, the one
that they were resized for: that is how a model takes the place of another between two batches.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import NamedTuple

import numpy as np

from reprise.model import Answers
from reprise.serving.deployment import Deployed


class Queued(NamedTuple):
    """The pictures of a request."""

    deployed: Deployed
    pixels: np.ndarray  # uint8 [N, H, W, C]
    done: "Future[Answers]"


class Batcher:
    """Runs models in one thread; calls `observe` with the number of images of every batch."""

    def __init__(self, size: int, observe: Callable[[int], object]) -> None:
        self._size, self._observe = size, observe
        self._waiting = deque[Queued]()
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    def submit(self, deployed: Deployed, pixels: np.ndarray) -> "Future[Answers]":
        """Have a model answer images uint8 [N, H, W, C], N of 1 or more; cancelling is possible."""
        job = Queued(deployed, pixels, Future())
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()
        return job.done

    def depth(self) -> int:
        """Return how many pictures wait."""
        with self._changed:
            return sum(len(job.pixels) for job in self._waiting)

    def end(self) -> None:
        """Answer what waits, then end the thread."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while jobs := self._take():
            if running := [job for job in jobs if job.done.set_running_or_notify_cancel()]:
                _answer(running, self._run)

    def _take(self) -> list[Queued]:
        """Wait for a job; return it with those behind it that fit into its batch."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            jobs, count = list[Queued](), 0
            while self._waiting:
                following = self._waiting[0]
                count += len(following.pixels)
                if jobs and (count > self._size or following.deployed is not jobs[0].deployed):
                    break
                jobs.append(self._waiting.popleft())
            return jobs

    def _run(self, deployed: Deployed, pixels: np.ndarray) -> Answers:
        """Run a model on images uint8 [N, H, W, C], in batches of as many as it may get."""
        size = 1 if deployed.alone else self._size
        found = list[Answers]()
        for at in range(0, len(pixels), size):
            part = pixels[at : at + size]
            found.append(deployed.model.answers(part))
            self._observe(len(part))
        return Answers(*map(np.concatenate, zip(*found, strict=True)))


def _answer(jobs: list[Queued], run: Callable[[Deployed, np.ndarray], Answers]) -> None:
    """Run jobs of one model as one batch, and give each its rows, or the error."""
    pixels = [job.pixels for job in jobs]
    try:
        found = run(jobs[0].deployed, pixels[0] if len(jobs) == 1 else np.concatenate(pixels))
    except Exception as error:  # noqa: BLE001 - whoever waits gets it
        for job in jobs:
            job.done.set_exception(error)
        return
    for job, rows in zip(jobs, _rows(found, [*map(len, pixels)]), strict=True):
        job.done.set_result(rows)


def _rows(found: Answers, counts: list[int]) -> Iterator[Answers]:
    at = 0
    for count in counts:
        yield Answers(*(part[at : at + count] for part in found))
        at += count
