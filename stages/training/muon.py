"""The Muon optimizer: orthogonalised momentum, for filters and matrices of hidden layers."""

from collections.abc import Iterable
from math import sqrt
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

ITERATIONS = 5
COEFFICIENTS = 3.4445, -4.7750, 2.0315  # steepest at 0 (Jordan 2024)
TINY = 1e-7  # norm below which a matrix counts as 0


class Muon(Optimizer):
    """Step along the momentum with all its singular values near 1 (Jordan 2024).

    https://kellerjordan.github.io/posts/muon. A filter [O, I, h, w] is a matrix [O, I h w].
    """

    def __init__(
        self, groups: Iterable[dict[str, Any]], momentum: float, *, nesterov: bool, normalize: bool
    ) -> None:
        """Take groups with their `lr` and `weight_decay`, a share of lr, and momentum in [0, 1).

        `normalize` gives every weight the norm sqrt(O) before its step, as airbench94_muon does
        (github.com/KellerJordan/cifar10-airbench): right only where a norm layer undoes the scale.
        """
        options = {"momentum": momentum, "nesterov": nesterov, "normalize": normalize}
        super().__init__(groups, options)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override] # noqa: ARG002
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, weight.grad, group)

    def _update(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        """Step one weight, in place."""
        lr, momentum, state = group["lr"], group["momentum"], self.state[weight]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        direction = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        if group["nesterov"]:
            direction = gradient.lerp(direction, momentum)
        matrix = orthogonal(direction.flatten(1))
        if group["normalize"]:
            weight.mul_(sqrt(len(weight)) / weight.norm().clamp_min(TINY))
        weight.mul_(1 - lr * group["weight_decay"])
        rows, columns = matrix.shape
        weight.add_(matrix.view(weight.shape), alpha=-lr * sqrt(max(1, rows / columns)))


def orthogonal(matrix: Float[Tensor, "m n"]) -> Float[Tensor, "m n"]:
    """Return U S V for U D V, with S about 1: in 0.7 to 1.2, where D is not far below its norm.

    Five Newton-Schulz iterations, in bf16 on CUDA, whose errors are smaller than the spread of S.
    """
    a, b, c = COEFFICIENTS
    x = matrix.to(torch.bfloat16 if matrix.is_cuda else torch.float32)
    x = x / x.norm().clamp_min(TINY)
    tall = len(x) > x.shape[1]
    x = x.T if tall else x  # the smaller of the two Gram matrices
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype).contiguous()
