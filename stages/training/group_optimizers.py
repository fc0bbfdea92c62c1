"""SGD and RMSprop that step all weights of a group at once, where torch's are no use on a CPU."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, optim
from torch.optim import Optimizer

DECAY = 0.99  # of the mean square, a step; alpha of torch.optim.RMSprop
EPSILON = 1e-8  # added to the root


class Grouped(Optimizer, ABC):
    """An optimizer that is told how to step the weights of a group."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override] # noqa: ARG002
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if weights:
                self.update(weights, [weight.grad for weight in weights], group)

    @abstractmethod
    def update(self, weights: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """Step the weights of a group, in place."""


class Sgd(Grouped, optim.SGD):
    """As torch.optim.SGD with `fused`, without what its step sorts and checks (docs/speed.md).

    The weights must be of one type, on a CPU, and each have a momentum buffer where there is
    momentum.
    """

    def update(self, weights: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """Step the weights of a group, in place."""
        momentum = group["momentum"]
        torch._fused_sgd_(
            weights,
            gradients,
            [self.state[weight]["momentum_buffer"] for weight in weights] if momentum else [],
            weight_decay=group["weight_decay"],
            momentum=momentum,
            lr=group["lr"],
            dampening=0,
            nesterov=group["nesterov"],
            maximize=False,
            is_first_step=False,
            grad_scale=getattr(self, "grad_scale", None),  # which a GradScaler leaves here
            found_inf=getattr(self, "found_inf", None),
        )


class Rmsprop(Grouped):
    """Step along the gradient over the root of its mean square (Hinton 2012, lecture 6).

    As torch.optim.RMSprop, whose square root on a CPU depends on the processor
    (stages/processor.py); it has no fused kernel to use instead.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], momentum: float) -> None:
        """Take groups with `lr` and `weight_decay`, an L2 gradient; momentum is in [0, 1)."""
        super().__init__(groups, {"momentum": momentum})

    def update(self, weights: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """Step the weights of a group, in place."""
        directions = [gradient.clone() for gradient in gradients]
        if group["weight_decay"]:
            torch._foreach_add_(directions, weights, alpha=group["weight_decay"])
        squares = [self._state(weight, "square_avg") for weight in weights]
        torch._foreach_mul_(squares, DECAY)
        torch._foreach_addcmul_(squares, directions, directions, value=1 - DECAY)
        roots = [square.clone() for square in squares]
        torch._foreach_rsqrt_(roots)
        torch._foreach_reciprocal_(roots)
        torch._foreach_add_(roots, EPSILON)
        torch._foreach_div_(directions, roots)
        if momentum := group["momentum"]:
            buffers = [self._state(weight, "momentum_buffer") for weight in weights]
            torch._foreach_mul_(buffers, momentum)
            torch._foreach_add_(buffers, directions)
            directions = buffers
        torch._foreach_add_(weights, directions, alpha=-group["lr"])

    def _state(self, weight: Tensor, name: str) -> Tensor:
        """Return what is kept for a weight under a name, from 0 on."""
        kept: Tensor = self.state[weight].setdefault(name, torch.zeros_like(weight))
        return kept
