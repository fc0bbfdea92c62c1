"""MixUp and CutMix of each image with the next one of its batch, and of their labels."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64, UInt8
from pydantic import Field
from torch import Tensor

from stages.params import Params
from stages.training.augmentation.draws import Draws, Indices, Pixels, Rows, Uniform, inside
from stages.training.augmentation.elementary import cosine_and_sine, power

TINY = 1e-9  # an alpha this small draws 0 or 1 and nothing between


class Mixing(Params):
    """Parameters of MixUp (Zhang et al. 2018) and CutMix (Yun et al. 2019)."""

    mixup: float = Field(
        ge=0, le=100, description="alpha of MixUp: blends each image with another; 0: off"
    )
    cutmix: float = Field(
        ge=0, le=100, description="alpha of CutMix: pastes a box of another image; 0: off"
    )


class Mixed(NamedTuple):
    """A batch; if images were mixed, the targets are the shares of the classes."""

    images: UInt8[Tensor, "b h w c"] | Float[Tensor, "b ..."]  # in [0, 255], or features
    targets: Int64[Tensor, " b"] | Float[Tensor, "b k"]


Mixer = Callable[[Pixels, Int64[Tensor, " b"], Int64[Tensor, " b"]], Mixed]


def mixer(params: Mixing, draws: Draws, classes: int) -> Mixer:
    """Return a function of the images, labels and indices of a batch.

    If both are on, a coin for each image decides which.
    """
    if not (params.mixup or params.cutmix):
        return lambda images, labels, _: Mixed(images, labels)
    rows = _rows(params, draws)

    def mixed(images: Pixels, labels: Int64[Tensor, " b"], indices: Int64[Tensor, " b"]) -> Mixed:
        one_hot = (labels[:, None] == torch.arange(classes, device=labels.device)).float()
        return mix(images, one_hot, draws.moved(rows(draws.located(indices))))

    return mixed


def mix(
    images: UInt8[Tensor, "b h w c"],
    targets: Float[Tensor, "b k"],
    rows: Float[Tensor, "b 5"],
) -> Mixed:
    """Blend the next image of the batch into the box `rows[:, 1:]`, by the share `rows[:, 0]`."""
    _, height, width, _ = images.shape
    within = inside(rows[:, 1:], height, width)
    area = within.sum((1, 2)) / (height * width)  # shares of targets follow what is seen
    floats = images.float()
    return Mixed(
        _towards_next(floats, (rows[:, :1, None] * within)[..., None]),
        _towards_next(targets, (rows[:, 0] * area)[:, None]),
    )


def _towards_next(batch: Tensor, shares: Tensor) -> Tensor:
    """Blend each row with the next row of the batch by its share; the first follows the last."""
    # In place: for tensors of this size, fresh memory takes longer than arithmetic.
    return batch.roll(-1, 0).sub_(batch).mul_(shares).add_(batch)


def _rows(params: Mixing, draws: Draws) -> Rows:
    """Return a function of indices that draws what `mix` takes."""
    blends = partial(_blends, params.mixup, draws.uniform("mixup", 2))
    box = draws.uniform("cutmix box", 2)
    cuts = partial(_cuts, params.cutmix, draws.uniform("cutmix", 2), box)
    if not (params.mixup and params.cutmix):
        return blends if params.mixup else cuts
    coin = draws.uniform("mix", 1)
    return lambda indices: np.where(coin(indices) < 0.5, cuts(indices), blends(indices))


def _blends(alpha: float, uniform: Uniform, indices: Indices) -> Float64[np.ndarray, "b 5"]:
    """Draw the share of the next image, in a box that is the whole image."""
    made = np.tile([0.0, 0.0, 1.0, 0.0, 1.0], (len(indices), 1))
    made[:, 0] = symmetric_beta(alpha, uniform, indices)
    return made


def _cuts(
    alpha: float, uniform: Uniform, box: Uniform, indices: Indices
) -> Float64[np.ndarray, "b 5"]:
    """Draw the box of the next image, with share 1: centre uniform, clipped at the border."""
    half = np.sqrt(symmetric_beta(alpha, uniform, indices)) / 2
    y, x = box(indices).T
    return np.stack([np.ones_like(half), y - half, y + half, x - half, x + half], axis=1)


def symmetric_beta(alpha: float, uniform: Uniform, indices: Indices) -> Float64[np.ndarray, " b"]:
    """Draw from Beta(alpha, alpha) (Devroye 1996, "Random variate generation in one line of code").

    It is (1 + t / sqrt(2 alpha + t^2)) / 2 of a Student's t with 2 alpha degrees of freedom, which
    comes of two uniform numbers by Bailey's polar method (1994).
    """
    first, second = uniform(indices).T
    cos, _ = cosine_and_sine(360 * second)
    square = power(1 - first, np.full_like(first, -1 / max(alpha, TINY))) - 1
    square = np.maximum(square, 0)  # which rounding may take it below
    made = (1 + cos * np.sqrt(square / (1 + cos * cos * square))) / 2
    return np.asarray(made.clip(0, 1))
