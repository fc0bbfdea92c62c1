"""Decide what a model does not know, by a rule: in evaluate, and inside every exported file."""

import math
from typing import NamedTuple

from jaxtyping import Bool, Float
from torch import Tensor

from reprise.rule import NEVER, Rule


class Decided(NamedTuple):
    """Decisions about n images: answered or not, conformal sets, in or out of distribution."""

    answered: Bool[Tensor, " n"]  # sure enough, and not out of distribution
    sets: Bool[Tensor, "n k"]  # the classes of the conformal set, the most probable always
    ood: Bool[Tensor, " n"]  # out of distribution


def decide(
    logits: Float[Tensor, "n k"], probabilities: Float[Tensor, "n k"], rule: Rule, divisor: float
) -> Decided:
    """Compare with the thresholds; the probabilities are softmax(logits / divisor).

    No value in a tensor decides what is computed, so that every format can express it.
    """
    most = math.inf if rule.energy_threshold is None else rule.energy_threshold
    least = NEVER if rule.set_threshold is None else rule.set_threshold
    top = probabilities.topk(1).values  # not amax: ONNX Runtime's quantizer loses its shape
    ood = energy(logits, divisor) > most
    sets = (probabilities >= least) | (probabilities >= top)
    return Decided((top.squeeze(1) >= rule.threshold) & ~ood, sets, ood)


def energy(logits: Float[Tensor, "n k"], divisor: float) -> Float[Tensor, " n"]:
    """Return -T logsumexp(logits / T), which is higher for unfamiliar images (Liu et al. 2020).

    It is T log p - logit, which is the same for all classes. PyTorch's logsumexp is not taken, as
    its log of float64 depends on the processor.
    """
    return divisor * (logits / divisor).log_softmax(1)[:, 0] - logits[:, 0]
