"""The training loop: it yields, and leaves recording, keeping and stopping to the caller."""

from collections.abc import Iterator
from math import ceil, inf
from time import monotonic
from typing import NamedTuple

import numpy as np
import torch
from pydantic import model_validator

from stages.batches import Resident
from stages.training.checkpoint import Resume
from stages.training.optimizer import Freezing, freeze
from stages.training.sampling import Place, Plan, epoch_size, material
from stages.training.schedule import Position, Schedule, apply
from stages.training.state import Outcome, Tally
from stages.training.step import Step, attempt

LOOK = 0.1  # seconds between two looks at the loss: on a GPU, each waits for all that came before


class Fit(Plan, Schedule, Freezing, Resume):
    """Parameters of the loop."""

    @model_validator(mode="after")
    def _warm_up_ends(self) -> "Fit":
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs:g} of {self.epochs} epochs; "
                "it must be less; lower it, or raise epochs"
            )
        return self


class Pass(NamedTuple):
    """How far an epoch has come."""

    tally: Tally  # of its steps so far
    images: int  # in the steps since the last pass
    ended: bool  # whether that was the epoch's last
    due: bool  # whether the state is to be kept now


def fit(step: Step, data: Resident, params: Fit) -> Iterator[Pass]:
    """Change the learner's weights; yield at the end of each epoch, and now and then within it.

    A learner that was restored goes on where it was. The caller adds each epoch to its history.

    Raises:
        DivergedError: the loss is no longer a finite number.
        UserError: the device has too little memory for the batch size.
    """
    learner = step.learner
    for epoch in range(len(learner.history), params.epochs):
        if not learner.tally.steps:  # else the state of chance was restored, too
            torch.manual_seed(_spread(params.seed, epoch))
        step.whole.train()
        freeze(learner.network, params, epoch)
        yield from _epoch(step, data, params, epoch)


def _epoch(step: Step, data: Resident, params: Fit, epoch: int) -> Iterator[Pass]:
    learner, looked, recent = step.learner, monotonic(), list[Outcome]()
    for outcome, ended in _steps(step, data, params, epoch):
        recent.append(outcome)
        done = learner.tally.steps + len(recent)
        due = ended or done % (params.save_steps or inf) == 0
        if due or monotonic() > looked + LOOK:
            tally, before = learner.tally.plus(recent, epoch + 1), learner.tally.images
            learner.tally = Tally() if ended else tally
            looked, recent = monotonic(), []
            yield Pass(tally, tally.images - before, ended, due)


def _steps(step: Step, data: Resident, params: Fit, epoch: int) -> Iterator[tuple[Outcome, bool]]:
    """Yield what the remaining steps of an epoch come to, and whether it was the last."""
    learner, count = step.learner, epoch_size(len(data.labels), params)
    steps, losses = ceil(count / params.images_a_step), learner.losses
    place = Place(epoch, learner.tally.steps)
    for done, (images, targets) in enumerate(
        material(data, params, learner.classes, place), place.steps + 1
    ):
        position = Position(epoch * steps + done - 1, steps, params.epochs)
        apply(learner.optimizers, params, position, losses)
        yield attempt(step, images, targets), done == steps


def _spread(seed: int, epoch: int) -> int:
    """Return a seed for torch, whose numbers decide what dropout drops."""
    return int(np.random.SeedSequence((seed, epoch)).generate_state(1)[0])
