"""Report a running training: a progress bar, TensorBoard, trackers, and a summary at the end."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import NamedTuple

import torch
from jaxtyping import UInt8
from torch import Tensor

from stages.batches import Resident, gather
from stages.progress import Progress
from stages.training import precision, wording
from stages.training.early_stopping import best_index
from stages.training.loop import Update
from stages.training.sampling import Sampler, Start, epoch_size, remaining_images
from stages.training.setup import Training
from stages.training.step import Step
from stages.training.tensorboard import log
from stages.training.tensorboard.first_layers import Uncompiled
from stages.training.tensorboard.log import Log
from stages.training.tensorboard.panels import Logits
from stages.training.tracking import step_signal, tracker
from stages.training.tracking.step_signal import StepSignal
from stages.training.tracking.tracker import Tracker
from stages.world import World


class Reports(NamedTuple):
    """Where a training is reported."""

    bar: Progress
    board: Log
    tracker: Tracker
    signal: StepSignal


class Monitor:
    """The reports of one training."""

    def __init__(self, step: Step, val: Resident, params: Training, reports: Reports) -> None:
        self._learner, self._val, self._params = step.learner, val, params
        self._bar, self._board, self._tracker, self._signal = reports
        self._parts = Uncompiled(next(step.whole.children()), step.learner.network)
        self._examples = examples(val)
        self._began, self._images = monotonic(), 0  # of the epoch, in this process
        if not self._learner.history:
            self._show_maps("before training")

    def update(self, update: Update) -> None:
        """Advance the bar; at the end of an epoch, log its scores and its images a second."""
        self._images += update.images
        wording.show(self._bar, update, self._learner, self._params)
        self._bar.advance(update.images)
        if update.ended:
            done = self._learner.history[-1]
            speed = self._images / (monotonic() - self._began)
            self._board.epoch(done, self._learner.network, speed)
            self._tracker.tell(self._learner.history)
            self._signal.give(done.epoch)
            if is_shown_after(done.epoch) and done.epoch < self._params.epochs:
                self._show_maps(f"after epoch {done.epoch}")
            self._began, self._images = monotonic(), 0

    def finish(self, logits: Logits, classes: tuple[str, ...]) -> None:
        """Log what the weights of the best epoch, which are restored, make of val; its scores."""
        best = self._learner.history[best_index(self._learner.history, self._params)]
        self._show_maps(f"weights of epoch {best.epoch}, which are kept")
        self._board.mistakes(logits, self._val, classes)
        self._board.finish(self._params, best)
        self._tracker.score(best)

    def _show_maps(self, when: str) -> None:
        self._board.maps(self._parts, self._examples, when)


@contextmanager
def opened(
    step: Step, parts: tuple[Resident, Resident], params: Training, key: str
) -> Iterator[Monitor]:
    """Yield the monitor of a training that begins or goes on; `key` names its log.

    `parts` are train and val. Of several processes, only one that writes shows anything.
    """
    learner, (data, val) = step.learner, parts
    total = params.epochs * epoch_size(len(data.labels), params)
    done = total - remaining_images(learner, len(data.labels), params)
    shown = step.world.writes
    for line in precision.remarks(params, step.world.device) if shown else ():
        print(line, file=sys.stderr)
    told = params if shown else params.model_copy(update={"board": False, "tracker": "none"})
    with (
        log.opened(told, key, len(learner.history)) as board,
        tracker.opened(told, key, learner.history) as tracked,
        step_signal.opened(shown=shown) as signal,
    ):
        sampler = Sampler(data, params, learner.classes, World(data.labels.device))
        board.start(step.whole, next(iter(next(sampler.steps(Start())).batches))[0])
        bar = wording.begun(Progress("train", total, "images", shown=shown), learner, params)
        bar.resume(done)
        with bar:
            yield Monitor(step, val, params, Reports(bar, board, tracked, signal))


def examples(val: Resident) -> UInt8[Tensor, "b h w c"]:
    """Return the first image, and the first of another class; where there is none, the last."""
    labels = val.labels.cpu()
    others = (labels != labels[0]).nonzero().flatten().tolist()
    rows = torch.tensor(sorted({0, *(others or [len(labels) - 1])[:1]}))
    return gather(val.images, rows.to(val.images.device))


def is_shown_after(epoch: int) -> bool:
    """Tell whether maps are shown after an epoch: after 1, 4, 16, ..., as they change ever less."""
    return epoch & (epoch - 1) == 0 and epoch.bit_length() % 2 == 1
