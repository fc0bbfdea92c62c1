"""What the steps of an epoch came to."""

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from stages.errors import UserError


class Outcome(NamedTuple):
    """What a step came to; left on the device, because asking for a value waits for it."""

    loss: Float[Tensor, ""]  # mean over the images, in nats
    right: Int64[Tensor, ""]  # images that were classified correctly
    images: int


class DivergedError(UserError):
    """The loss is no longer a finite number."""


def finite(loss: float, place: str) -> float:
    """Return the loss, of an epoch or a step, which `place` names.

    Raises:
        DivergedError: it is no finite number.
    """
    if not isfinite(loss):
        raise DivergedError(f"the loss became {loss} {place}; lower train.lr")
    return loss


class Tally(NamedTuple):
    """Sums over the first steps of an epoch."""

    steps: int = 0
    images: int = 0
    right: int = 0
    nats: float = 0.0  # loss, summed over the images

    def plus(self, outcomes: Sequence[Outcome], epoch: int) -> "Tally":
        """Add the steps that follow, one after the other: the sum depends on the order alone.

        Raises:
            DivergedError: the loss of a step is no finite number; `epoch`, from 1, is for the
                message.
        """
        steps, images, right, nats = self
        losses = torch.stack([outcome.loss for outcome in outcomes]).tolist()
        rights = torch.stack([outcome.right for outcome in outcomes]).tolist()
        for loss, correct, outcome in zip(losses, rights, outcomes, strict=True):
            steps += 1
            nats += finite(loss, f"in epoch {epoch}, step {steps}") * outcome.images
            images, right = images + outcome.images, right + correct
        return Tally(steps, images, right, nats)

    @property
    def loss(self) -> float:
        """Return the mean loss of an image, in nats."""
        return self.nats / self.images

    @property
    def accuracy(self) -> float:
        """Return the share of images that were classified correctly, in [0, 1]."""
        return self.right / self.images
