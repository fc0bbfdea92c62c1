"""MixUp and CutMix of each image with the next one of its batch, and of their labels."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64, UInt8
from pydantic import Field
from torch import Tensor

from stages.params import Params
from stages.training.augmentation.draws import Draws, Pixels, inside


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

    images: UInt8[Tensor, "b h w c"] | Float[Tensor, "b h w c"]  # in [0, 255]
    targets: Int64[Tensor, " b"] | Float[Tensor, "b k"]


Mixer = Callable[[Pixels, Int64[Tensor, " b"], Int64[Tensor, " b"]], Mixed]


def mixer(params: Mixing, draws: Draws, classes: int) -> Mixer:
    """Return a function of the images, labels and indices of a batch.

    If both are on, a coin for each image decides which.
    """
    if not (params.mixup or params.cutmix):
        return lambda images, labels, _: Mixed(images, labels)
    chance = (params.cutmix > 0) / ((params.mixup > 0) + (params.cutmix > 0))
    cut = draws.uniform("mix", 1) < chance
    rows = draws.table(np.where(cut, _cuts(params, draws), _blends(params, draws)))

    def mixed(images: Pixels, labels: Int64[Tensor, " b"], indices: Int64[Tensor, " b"]) -> Mixed:
        one_hot = (labels[:, None] == torch.arange(classes, device=labels.device)).float()
        return mix(images, one_hot, rows[indices])

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


def _blends(params: Mixing, draws: Draws) -> Float64[np.ndarray, "n 5"]:
    """Draw the share of the next image, in a box that is the whole image."""
    alpha = params.mixup or 1.0
    share = draws.generator("mixup").beta(alpha, alpha, (draws.shape[0], 1))
    return np.concatenate([share, np.tile([0.0, 1.0, 0.0, 1.0], share.shape)], axis=1)


def _cuts(params: Mixing, draws: Draws) -> Float64[np.ndarray, "n 5"]:
    """Draw the box of the next image, with share 1: centre uniform, clipped at the border."""
    alpha = params.cutmix or 1.0
    half = np.sqrt(draws.generator("cutmix").beta(alpha, alpha, (draws.shape[0], 1))) / 2
    y, x = np.split(draws.uniform("cutmix box", 2), 2, axis=1)
    return np.concatenate([np.ones_like(half), y - half, y + half, x - half, x + half], axis=1)
