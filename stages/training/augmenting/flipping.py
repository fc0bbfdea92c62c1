"""Horizontal flips."""

from collections.abc import Iterator
from typing import Literal

import torch
from jaxtyping import Bool, UInt8
from pydantic import Field
from torch import Tensor

from stages.params import Params
from stages.training.augmenting.draws import Draws, Transform


class Flipping(Params):
    """Parameters of the flips."""

    flip: Literal["none", "random", "alternating"] = Field(
        description="left to right; alternating: the other half of the images every other epoch"
    )


def flips(params: Flipping, draws: Draws) -> Iterator[Transform]:
    """Draw a coin for each image; alternating, it decides epoch 0, and then it turns each epoch.

    Source: Jordan 2024 (arXiv 2404.00498), section 3.6.
    """
    if params.flip == "none":
        return
    alternating = params.flip == "alternating"
    origin = draws._replace(epoch=0) if alternating else draws
    coins = origin.uniform(f"flip {params.flip}", 1)[:, 0] < 0.5
    turned = alternating and draws.epoch % 2 == 1
    yield Transform(flip, draws.table(coins != turned))


def flip(images: UInt8[Tensor, "b h w c"], flipped: Bool[Tensor, " b"]) -> UInt8[Tensor, "b h w c"]:
    """Mirror some of the images, left to right."""
    return torch.where(flipped[:, None, None, None], images.flip(2), images)
