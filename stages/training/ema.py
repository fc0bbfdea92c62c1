"""Exponential moving average (EMA) of the weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, TypedDict

import torch
from pydantic import Field
from torch import Tensor, nn

from stages.params import Params


class Ema(Params):
    """Parameters of the moving average."""

    ema: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        description="decay of the weights' moving average, a step; null: no average"
    )


class EmaState(TypedDict):
    """The state of an average, for a checkpoint."""

    steps: int
    averages: dict[str, Tensor]


class MovingAverage:
    """The exponential moving average of a network's weights and buffers; without decay, empty.

    Build it when the network is on its device. Integers, such as batch norm's count of batches, are
    not averaged. Layers must change their buffers in place, as those of torch do.
    """

    def __init__(self, network: nn.Module, params: Ema) -> None:
        """Start from the current weights."""
        self._decay, self._steps = params.ema or 0.0, 0
        state = network.state_dict() if params.ema is not None else {}  # shares memory
        self._live = {name: held for name, held in state.items() if held.is_floating_point()}
        self._averages = {name: held.clone() for name, held in self._live.items()}

    def update(self) -> None:
        """Move the averages towards the weights, after a step.

        The first steps weigh more, else the initial weights would count for 1 / (1 - decay) steps:
        the decay is at most (1 + steps) / (10 + steps), as in TensorFlow's
        ExponentialMovingAverage.
        """
        if not self._averages:
            return
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        self._steps += 1
        averages, live = [*self._averages.values()], [*self._live.values()]
        torch._foreach_lerp_(averages, live, 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Swap the averages into the network within a block, and its own weights back after it."""
        held = {name: own.clone() for name, own in self._live.items()}
        self._copy(self._averages)
        try:
            yield
        finally:
            self._copy(held)

    def state_dict(self) -> EmaState:
        """Return what `load_state_dict` takes; the tensors go on changing."""
        return {"steps": self._steps, "averages": self._averages}

    def load_state_dict(self, state: EmaState) -> None:
        """Restore the state of an average of the same network."""
        self._steps = state["steps"]
        for name, average in self._averages.items():
            average.copy_(state["averages"][name])

    def _copy(self, source: Mapping[str, Tensor]) -> None:
        for name, own in self._live.items():
            own.copy_(source[name])
