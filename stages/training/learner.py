"""Everything that changes while a network learns."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypedDict

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from stages.artifacts.history import Epoch
from stages.scores import Scores
from stages.training.average import MovingAverage
from stages.training.average import State as Averages
from stages.training.stopping import Stopping, best
from stages.training.tally import DivergedError, Tally, finite

Weights: TypeAlias = dict[str, Tensor]


class State(TypedDict):
    """A learner as tensors and plain values, which need no code to be read."""

    network: Weights
    optimizers: list[dict[str, Any]]
    scaler: dict[str, Any]
    average: Averages
    history: list[tuple[Any, ...]]
    best: Weights
    tally: tuple[Any, ...]
    random: list[Tensor]  # of the CPU, then of each GPU


@dataclass
class Learner:
    """What must be as it was for a resumed run to go on with the same bits."""

    network: nn.Module  # normalised float [B, C, H, W] -> logits [B, K]
    classes: int
    optimizers: Sequence[Optimizer]
    scaler: torch.amp.GradScaler
    average: MovingAverage
    history: list[Epoch] = field(default_factory=list)
    best: Weights = field(default_factory=dict)  # of the best epoch so far
    tally: Tally = field(default_factory=Tally)  # of the epoch that has begun

    @property
    def lr(self) -> float:
        """Return the learning rate of the last step."""
        return float(self.optimizers[0].param_groups[0]["lr"])

    @property
    def highest(self) -> float:
        """Return the highest validation accuracy so far."""
        return max((epoch.val_accuracy for epoch in self.history), default=0.0)

    @property
    def losses(self) -> list[float]:
        """Return the validation losses so far, in nats."""
        return [epoch.val_loss for epoch in self.history]

    def record(self, val: Scores, passed: Tally, params: Stopping) -> None:
        """Add an epoch to the history; if it is the best so far, keep the weights that count.

        Raises:
            DivergedError: the loss on val, or a weight, is no finite number.
        """
        number = len(self.history) + 1
        finite(val.loss, f"on val after epoch {number}")
        # An infinite variance of a batch norm makes all its outputs 0, and so no loss infinite.
        for name, held in self.network.state_dict().items():
            if held.is_floating_point() and not held.isfinite().all():
                raise DivergedError(f"{name} became infinite in epoch {number}; lower train.lr")
        scores = (passed.loss, val.loss, passed.accuracy, val.accuracy)
        self.history.append(Epoch(number, *scores, self.lr))
        if best(self.history, params) == number - 1:
            self.best = self.weights()

    def weights(self) -> Weights:
        """Return a copy of the weights that count: their average, where one is kept."""
        with self.average.applied():
            return deepcopy(self.network.state_dict())

    def state(self) -> State:
        """Return all of it."""
        gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return State(
            network=self.network.state_dict(),
            optimizers=[optimizer.state_dict() for optimizer in self.optimizers],
            scaler=self.scaler.state_dict(),
            average=self.average.state_dict(),
            history=[tuple(epoch) for epoch in self.history],
            best=self.best,
            tally=tuple(self.tally),
            random=[torch.get_rng_state(), *gpus],
        )

    def restore(self, state: State) -> None:
        """Go back to a state."""
        self.network.load_state_dict(state["network"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.scaler.load_state_dict(state["scaler"])
        self.average.load_state_dict(state["average"])
        self.history = [Epoch(*values) for values in state["history"]]
        self.best = state["best"]
        self.tally = Tally(*state["tally"])
        torch.set_rng_state(state["random"][0])
        if gpus := state["random"][1:]:
            torch.cuda.set_rng_state_all(gpus)
