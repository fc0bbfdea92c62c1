"""Random crops and horizontal flips."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64, UInt8
from pydantic import Field, model_validator
from torch import Tensor

from stages.errors import UserError
from stages.params import Params
from stages.training.augmentation.affine import warp
from stages.training.augmentation.draws import Draws, Indices, Transform, inscribed

RATIOS = (3 / 4, 4 / 3)  # Szegedy et al. 2015, section 6


class Flipping(Params):
    """Parameters of horizontal flips."""

    flip: Literal["none", "random", "alternating"] = Field(
        description="mirror left to right; "
        "alternating: the other half of the images every other epoch"
    )


class Cropping(Params):
    """Parameters of random crops."""

    crop_padding: int = Field(
        ge=0,
        le=8192,
        description="largest random shift, in pixels, with a reflected border; 0: off",
    )
    resized_crop: float = Field(
        ge=0.01,
        le=1,
        description="smallest share of the area of a random crop, which is enlarged; 1: off",
    )

    @model_validator(mode="after")
    def _one_crop(self) -> "Cropping":
        if self.crop_padding and self.resized_crop < 1:
            raise ValueError(
                f"crop_padding is {self.crop_padding} and resized_crop {self.resized_crop}, "
                "expected one crop; set crop_padding to 0 or resized_crop to 1"
            )
        return self


def flips(params: Flipping, draws: Draws) -> Iterator[Transform]:
    """Draw a coin for each image; if alternating, it decides epoch 0, and then flips each epoch.

    Source: Jordan 2024 (arXiv 2404.00498), section 3.6.
    """
    if params.flip == "none":
        return
    alternating = params.flip == "alternating"
    origin = draws._replace(epoch=0) if alternating else draws
    uniform = origin.uniform(f"flip {params.flip}", 1)
    turned = alternating and draws.epoch % 2 == 1
    yield Transform(flip, lambda indices: (uniform(indices)[:, 0] < 0.5) != turned)


def crops(params: Cropping, draws: Draws) -> Iterator[Transform]:
    """Draw the crop of each image.

    Raises:
        UserError: the padding is no smaller than the image.
    """
    if padding := params.crop_padding:
        _, height, width, _ = draws.shape
        if padding >= min(height, width):
            raise UserError(
                f"train.crop_padding must be less than the sides of the images, {height} x {width} "
                f"pixels, is {padding}; lower it or raise preprocess.image_size"
            )
        yield Transform(shift, _shifts(padding, draws))
    if params.resized_crop < 1:
        yield Transform(partial(warp, padding="border"), _enlargements(params.resized_crop, draws))


def flip(images: UInt8[Tensor, "b h w c"], flipped: Bool[Tensor, " b"]) -> UInt8[Tensor, "b h w c"]:
    """Mirror some of the images, left to right."""
    return torch.where(flipped[:, None, None, None], images.flip(2), images)


def shift(images: UInt8[Tensor, "b h w c"], by: Int64[Tensor, "b 2"]) -> UInt8[Tensor, "b h w c"]:
    """Show each image from the pixel `by` (down, right) on; the border is reflected."""
    count, height, width, channels = images.shape
    image = torch.arange(count, device=images.device)[:, None, None]
    y, x = (
        _mirrored(torch.arange(side, device=images.device) + by[:, axis, None], side)
        for axis, side in enumerate((height, width))
    )
    # One flat index is several times as fast as one for each dimension.
    places = (image * height + y[:, :, None]) * width + x[:, None, :]
    pixels = images.reshape(-1, channels).index_select(0, places.flatten())
    return pixels.view(images.shape)


def enlargement(
    boxes: Float64[np.ndarray, "n 4"], height: int, width: int
) -> Float64[np.ndarray, "n 2 3"]:
    """Return the matrices, for `warp`, that enlarge a box to the whole image."""
    top, bottom, left, right = boxes.T
    zero = np.zeros(len(boxes))
    across = [right - left, zero, (left + right - 1) / 2 * width]
    down = [zero, bottom - top, (top + bottom - 1) / 2 * height]
    return np.stack([across, down]).transpose(2, 0, 1)


def _shifts(padding: int, draws: Draws) -> Callable[[Indices], Int64[np.ndarray, "b 2"]]:
    uniform = draws.uniform("crop_padding", 2)
    return lambda indices: (uniform(indices) * (2 * padding + 1)).astype(np.int64) - padding


def _enlargements(share: float, draws: Draws) -> Callable[[Indices], Float64[np.ndarray, "b 2 3"]]:
    uniform, (_, height, width, _) = draws.uniform("resized_crop", 4), draws.shape

    def rows(indices: Indices) -> Float64[np.ndarray, "b 2 3"]:
        return enlargement(inscribed(uniform(indices), (share, 1.0), RATIOS), height, width)

    return rows


def _mirrored(places: Int64[Tensor, "b _"], side: int) -> Int64[Tensor, "b _"]:
    """Reflect positions at the first and the last pixel, without repeating it."""
    return side - 1 - (side - 1 - places.abs()).abs()
