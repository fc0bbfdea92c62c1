"""Temperature scaling: logits divided by one number, so that probabilities mean what they say."""

from math import exp, log

import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

RANGE = (0.05, 20.0)  # without a mistake on val, the best temperature would be 0


def temperature(logits: Float[Tensor, "n k"], labels: Int64[Tensor, " n"]) -> float:
    """Return the number by which to divide logits for the least cross-entropy (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - half a second, once a training

    exact = logits.double()

    def loss(exponent: float) -> float:
        return F.cross_entropy(exact / exp(exponent), labels).item()

    found = minimize_scalar(loss, bounds=[log(bound) for bound in RANGE], method="bounded")
    return round(exp(found.x), 6)
