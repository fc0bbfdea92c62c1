"""The training loop: it yields, and leaves recording, saving and stopping to the caller."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, inf
from time import monotonic
from typing import NamedTuple

import torch
from pydantic import model_validator

from stages.batches import Resident
from stages.progress import say
from stages.training.checkpoint import Resume
from stages.training.optimizer import Freezing, freeze
from stages.training.sampling import Batching, Sampler, Start, epoch_size
from stages.training.schedule import Position, Schedule, apply
from stages.training.state import DivergedError, Learner, Outcome, Tally, finite
from stages.training.step import Step

LOOK = 0.1  # seconds between two looks at the loss: on a GPU, each waits for all steps before
JUDGED = 64  # steps after which a loss that is no number ends a training: no clock decides it


class Loop(Batching, Schedule, Freezing, Resume):
    """Parameters of the training loop."""

    @model_validator(mode="after")
    def _warm_up_ends(self) -> "Loop":
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs:g} of {self.epochs} epochs; "
                "it must be less; lower it, or raise epochs"
            )
        return self


class Update(NamedTuple):
    """Progress of an epoch."""

    tally: Tally  # of its steps so far
    images: int  # in the steps since the last update
    ended: bool  # whether the epoch's last step is done
    due: bool  # whether a checkpoint is to be saved now


def train_epoch(step: Step, data: Resident, params: Loop) -> Iterator[Update]:
    """Run the remaining steps of the learner's epoch; yield now and then, and after the last.

    The epoch is the one after those in the learner's history, which the caller records.

    Raises:
        DivergedError: the loss is no longer a finite number.
        UserError: the device has too little memory for the batch size.
    """
    learner, epoch, losses = step.learner, len(step.learner.history), step.learner.losses
    steps = ceil(epoch_size(len(data.labels), params) / params.images_a_step)
    step.whole.train()
    freeze(learner.network, params, epoch)
    sampler, unread = Sampler(data, params, learner.classes, step.world), Unread(epoch)
    works = sampler.steps(Start(epoch, learner.tally.steps))
    for number, work in enumerate(works, learner.tally.steps + 1):
        position = Position(epoch * steps + number - 1, steps, params.epochs)
        learner.lr = apply(learner.optimizers, params, position, losses)
        unread.outcomes.append(step(work))
        ended = number == steps
        due = ended or number % (params.save_steps or inf) == 0
        if (judged := due or number % JUDGED == 0) or unread.is_time():
            tally, before = unread.read(learner.tally, judged=judged), learner.tally.images
            learner.tally = Tally() if ended else tally
            yield Update(tally, tally.images - before, ended, due)


class Unread:
    """The outcomes of the last steps, which are still on the device."""

    def __init__(self, epoch: int) -> None:
        """Begin an epoch, numbered from 0."""
        self.outcomes, self._epoch = list[Outcome](), epoch
        self._unjudged, self._read = list[Outcome](), monotonic()

    def is_time(self) -> bool:
        """Tell whether the last look at them was a while ago."""
        return monotonic() > self._read + LOOK

    def read(self, tally: Tally, *, judged: bool) -> Tally:
        """Add them to a tally; if `judged`, check the losses since they were checked last.

        Raises:
            DivergedError: the loss of a step is no finite number.
        """
        tally = tally.plus(self.outcomes)
        self._unjudged += self.outcomes
        if judged:
            losses = torch.stack([outcome.loss for outcome in self._unjudged]).tolist()
            for step, loss in enumerate(losses, tally.steps - len(losses) + 1):
                finite(loss, f"in epoch {self._epoch + 1}, step {step}")
            self._unjudged = []
        self.outcomes, self._read = [], monotonic()
        return tally


@contextmanager
def stop_at_divergence(learner: Learner) -> Iterator[None]:
    """End the training within the block when the loss diverges, if there is a best epoch.

    Raises:
        DivergedError: there is none.
    """
    try:
        yield
    except DivergedError as error:
        if not learner.history:
            raise
        say(f"{error}; training ends here, and the best epoch before counts")
