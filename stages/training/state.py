"""The state of a training: weights, optimizers, average, history, and the sums of an epoch."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple, TypeAlias, TypedDict

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.optim import Optimizer

from stages.artifacts.history import Epoch
from stages.errors import UserError
from stages.scores import Scores
from stages.training.early_stopping import EarlyStopping, best_index
from stages.training.ema import EmaState, MovingAverage

Weights: TypeAlias = dict[str, Tensor]


class DivergedError(UserError):
    """The loss, or a weight, is no longer a finite number."""


class Outcome(NamedTuple):
    """The loss of a step; left on the device, because asking for a value waits for it."""

    loss: Float[Tensor, ""]  # mean over the images, in nats
    right: Bool[Tensor, " b"] | Int64[Tensor, ""]  # which images are classified correctly; or a sum
    images: int


class Tally(NamedTuple):
    """Sums over the first steps of an epoch."""

    steps: int = 0
    images: int = 0
    right: int = 0
    nats: float = 0.0  # loss, summed over the images

    def plus(self, outcomes: Sequence[Outcome]) -> "Tally":
        """Add the steps that follow, one after the other: the sum depends on the order alone."""
        steps, images, right, nats = self
        losses = torch.stack([outcome.loss for outcome in outcomes]).tolist()
        right += int(torch.cat([outcome.right.reshape(-1) for outcome in outcomes]).sum())
        for loss, outcome in zip(losses, outcomes, strict=True):
            nats += loss * outcome.images
            steps, images = steps + 1, images + outcome.images
        return Tally(steps, images, right, nats)

    @property
    def loss(self) -> float:
        """Return the mean loss of an image, in nats."""
        return self.nats / self.images

    @property
    def accuracy(self) -> float:
        """Return the share of images that were classified correctly, in [0, 1]."""
        return self.right / self.images


class LearnerState(TypedDict):
    """A learner as tensors and plain values, which load without unpickling code."""

    network: Weights
    optimizers: list[dict[str, Any]]
    scaler: dict[str, Any]
    average: EmaState
    history: list[tuple[Any, ...]]
    best: Weights
    tally: tuple[Any, ...]


@dataclass
class Learner:
    """All that a resumed training must restore to go on with the same bits."""

    network: nn.Module  # normalised float [B, C, H, W] -> logits [B, K]
    classes: int
    optimizers: Sequence[Optimizer]
    scaler: torch.amp.GradScaler
    average: MovingAverage
    history: list[Epoch] = field(default_factory=list)
    best: Weights = field(default_factory=dict)  # of the best epoch so far
    tally: Tally = field(default_factory=Tally)  # of the epoch that has begun
    lr: float = 0.0  # train.lr in the last step, by the schedule, which knows it without a state

    @property
    def highest(self) -> float:
        """Return the highest validation accuracy so far."""
        return max((epoch.val_accuracy for epoch in self.history), default=0.0)

    @property
    def losses(self) -> list[float]:
        """Return the validation losses so far, in nats."""
        return [epoch.val_loss for epoch in self.history]

    def record(self, val: Scores, tally: Tally, params: EarlyStopping) -> None:
        """Add an epoch to the history; if it is the best so far, keep its averaged weights.

        Raises:
            DivergedError: the loss on val, or a weight, is no finite number.
        """
        number = len(self.history) + 1
        finite(val.loss, f"on val after epoch {number}")
        # An infinite variance of a batch norm makes all its outputs 0, and so no loss infinite.
        for name, held in self.network.state_dict().items():
            if held.is_floating_point() and not held.isfinite().all():
                raise DivergedError(f"{name} became infinite in epoch {number}; lower train.lr")
        scores = (tally.loss, val.loss, tally.accuracy, val.accuracy)
        self.history.append(Epoch(number, *scores, self.lr))
        if best_index(self.history, params) == number - 1:
            self.best = self.weights()

    def weights(self) -> Weights:
        """Return a copy of the weights; of their average, where one is kept."""
        with self.average.applied():
            return deepcopy(self.network.state_dict())

    def state_dict(self) -> LearnerState:
        """Return what `load_state_dict` takes; the tensors go on changing."""
        return LearnerState(
            network=self.network.state_dict(),
            optimizers=[optimizer.state_dict() for optimizer in self.optimizers],
            scaler=self.scaler.state_dict(),
            average=self.average.state_dict(),
            history=[tuple(epoch) for epoch in self.history],
            best=self.best,
            tally=tuple(self.tally),
        )

    def load_state_dict(self, state: LearnerState) -> None:
        """Restore a state."""
        self.network.load_state_dict(state["network"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.scaler.load_state_dict(state["scaler"])
        self.average.load_state_dict(state["average"])
        self.history = [Epoch(*values) for values in state["history"]]
        self.best = state["best"]
        self.tally = Tally(*state["tally"])


def finite(loss: float, when: str) -> float:
    """Return the loss of an epoch or a step; `when` names it in the message.

    Raises:
        DivergedError: it is no finite number.
    """
    if not isfinite(loss):
        raise DivergedError(f"the loss became {loss} {when}; lower train.lr")
    return loss
