"""Loss functions."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float, Int64
from pydantic import Field
from torch import Tensor

from stages.errors import UserError
from stages.params import Params

Targets = Int64[Tensor, " b"] | Float[Tensor, "b k"]  # labels, or a share of every class
Criterion = Callable[[Float[Tensor, "b k"], Targets], Float[Tensor, ""]]


class Loss(Params):
    """Parameters of the loss; all of them can be combined."""

    loss: Literal["cross_entropy", "focal"] = Field(
        description="focal: images weigh less the better they are classified"
    )
    label_smoothing: float = Field(
        ge=0, lt=1, description="share of every target that is spread over all classes"
    )
    focal_gamma: float = Field(
        ge=0, le=100, description="exponent of the focal loss; 0: cross-entropy"
    )
    class_weights: Literal["none", "balanced"] = Field(
        description="balanced: images weigh more the rarer their class is in train"
    )


def build(params: Loss, counts: Int64[Tensor, " k"]) -> Criterion:
    """Return the mean loss of logits [B, K], in nats; `counts` are the images of every class.

    The counts are on the device of the logits. For labels the mean is weighted by class; for soft
    targets the sum is divided by B, as in torch: on average that is the same.

    Raises:
        UserError: class_weights is balanced, but a class has no image.
    """
    weights = balanced(counts) if params.class_weights == "balanced" else None
    if params.loss == "focal":
        return partial(focal, params=params, weights=weights)
    return partial(cross_entropy, params=params, weights=weights)


def balanced(counts: Int64[Tensor, " k"]) -> Float[Tensor, " k"]:
    """Return class weights N / (K count), whose mean over the images is 1.

    Raises:
        UserError: a class has no image.
    """
    if not counts.all():
        raise UserError(
            "train.class_weights is balanced, but train has no image of the classes "
            f"{(counts == 0).nonzero().flatten().tolist()}, counted from 0; set it to none"
        )
    return counts.sum() / (len(counts) * counts)


def cross_entropy(
    logits: Float[Tensor, "b k"],
    targets: Targets,
    params: Loss,
    weights: Float[Tensor, " k"] | None,
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy, computed in fp32."""
    smoothing = params.label_smoothing
    return F.cross_entropy(logits.float(), targets, weights, label_smoothing=smoothing)


def focal(
    logits: Float[Tensor, "b k"],
    targets: Targets,
    params: Loss,
    weights: Float[Tensor, " k"] | None,
) -> Float[Tensor, ""]:
    """Return the mean of -(1 - p)^gamma log p (Lin et al. 2017, eq. 4; weighted: eq. 5).

    For soft or smoothed targets, the classes are averaged by their shares: at gamma 0 it is always
    the cross-entropy.
    """
    classes, smoothing = logits.shape[1], params.label_smoothing
    shares = targets if targets.ndim == 2 else F.one_hot(targets, classes)  # [B, K]
    shares = (1 - smoothing) * shares + smoothing / classes
    logs = logits.float().log_softmax(1)
    rest = (-logs.expm1()).clamp_min(1e-30)  # 1 - p; at 0 a power below 1 has no gradient
    # A tensor as the exponent: a number of 0.5, in the backward pass of 1.5, would become a square
    # root, which on a CPU depends on the processor (stages/processor.py).
    terms = shares * rest.pow(rest.new_tensor(params.focal_gamma)) * -logs
    if weights is None:
        return terms.sum() / len(terms)
    return (weights * terms).sum() / (weights[targets].sum() if targets.ndim == 1 else len(terms))
