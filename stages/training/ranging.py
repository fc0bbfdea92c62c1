"""The learning-rate range test (Smith 2017, section 3.3): the loss as the learning rate rises."""

from collections.abc import Iterator, Sequence
from itertools import count
from math import inf, isfinite
from typing import NamedTuple

import numpy as np

from stages.batches import Resident
from stages.errors import UserError
from stages.training.assembly import Assembly
from stages.training.augmenting.mixing import Mixed
from stages.training.freezing import freeze
from stages.training.memory import attempt
from stages.training.plan import Place, Plan, material
from stages.training.step import Step

PARTS = 30  # of the test: the smoothed loss remembers the steps of one, and is as late
DIVERGED = 4  # times the lowest smoothed loss, as in fastai


class Span(NamedTuple):
    """The learning rates to try, which grow by the same factor from step to step."""

    low: float
    high: float
    steps: int

    @property
    def memory(self) -> int:
        """Return how many steps the smoothed loss remembers."""
        return self.steps // PARTS


class Point(NamedTuple):
    """What a learning rate came to."""

    lr: float
    loss: float  # of the step's images, before it, in nats per image
    smoothed: float  # its moving average


def sweep(step: Step, data: Resident, params: Assembly, span: Span) -> Iterator[Point]:
    """Learn with rising learning rates until the loss explodes; the groups keep their ratios."""
    average, lowest, memory = 0.0, inf, span.memory
    step.whole.train()
    freeze(step.learner.network, params, 0)
    pairs = learned(data, params, step.learner.classes)
    for number, lr in enumerate(np.geomspace(*span).tolist(), 1):
        for group in (group for made in step.learner.optimizers for group in made.param_groups):
            group["lr"] = group["initial_lr"] * lr / params.lr
        loss = attempt(step, *next(pairs)).loss.item()
        average += (loss - average) / memory
        smoothed = average / (1 - (1 - 1 / memory) ** number)  # Kingma and Ba 2015, section 3
        if not isfinite(loss) or smoothed > DIVERGED * lowest:
            return
        lowest = min(lowest, smoothed)
        yield Point(lr, loss, smoothed)


def learned(data: Resident, params: Plan, classes: int) -> Iterator[Mixed]:
    """Yield what the steps of the stage learn from, in its order, epoch after epoch."""
    for epoch in count():
        yield from material(data, params, classes, Place(epoch, 0))


def steepest(points: Sequence[Point], memory: int) -> Point:
    """Return where the loss falls fastest as the logarithm of the rate grows, before its lowest.

    From step to step it is mostly noise that falls: points are as far apart as the memory is long.

    Raises:
        UserError: it does not fall.
    """
    apart = points[memory - 1 :: memory]
    losses = np.array([point.smoothed for point in apart])
    if len(apart) < 2 or not (lowest := int(losses.argmin())):
        raise UserError(
            "the loss does not fall at any rate tried; try others with --low and --high, and see "
            "with train.overfit_batches 1 whether it falls in training"
        )
    logs = np.log([point.lr for point in apart])
    return apart[int(np.gradient(losses, logs)[: lowest + 1].argmin())]
