"""Affine transforms: rotation, and the warp that other augmentations share."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, UInt8
from pydantic import Field
from torch import Tensor

from stages.params import Params
from stages.training.augmentation.draws import Draws, Indices, Transform
from stages.training.augmentation.elementary import cosine_and_sine


def to_planes(images: UInt8[Tensor, "b h w c"]) -> Float[Tensor, "b c h w"]:
    """Return floats in [0, 255], channels first in memory."""
    return images.permute(0, 3, 1, 2).float().contiguous()


def to_pixels(planes: Float[Tensor, "b c h w"]) -> UInt8[Tensor, "b h w c"]:
    """Round floats in [0, 255] to uint8; the floats are overwritten."""
    return planes.round_().to(torch.uint8).permute(0, 2, 3, 1).contiguous()


class Rotation(Params):
    """Parameters of random rotations."""

    rotation: float = Field(
        ge=0, le=180, description="largest angle either way, in degrees, black around; 0: off"
    )


def rotations(params: Rotation, draws: Draws) -> Iterator[Transform]:
    """Draw the angle of each image, uniform up to the largest."""
    uniform = draws.uniform("rotation", 1)

    def rows(indices: Indices) -> Float64[np.ndarray, "b 2 3"]:
        return rotation(params.rotation * (2 * uniform(indices)[:, 0] - 1))

    if params.rotation:
        yield Transform(warp, rows)


def rotation(degrees: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, "n 2 3"]:
    """Return the matrices, for `warp`, that turn images anticlockwise about their centre."""
    (cos, sin), zero = cosine_and_sine(degrees), 0 * degrees
    return np.stack([[cos, -sin, zero], [sin, cos, zero]]).transpose(2, 0, 1)


def warp(
    images: UInt8[Tensor, "b h w c"],
    matrices: Float[Tensor, "b 2 3"],
    padding: Literal["zeros", "border"] = "zeros",
) -> UInt8[Tensor, "b h w c"]:
    """Sample each pixel (x, y) at matrix times (x, y, 1), by bilinear interpolation.

    x goes right and y down, in pixels from the centre. Beyond the image it is black, or as at its
    border.
    """
    _, height, width, _ = images.shape
    x, y = (torch.arange(side, device=images.device) - (side - 1) / 2 for side in (width, height))
    # Spelt out: a matrix product may round otherwise in a batch of another size.
    ((xx, xy, x0), (yx, yy, y0)) = (row.unbind(1) for row in matrices[..., None, None].unbind(1))
    across = xx * x + (xy * y[:, None] + x0)
    down = yx * x + (yy * y[:, None] + y0)
    grid = torch.stack([across * (2 / width), down * (2 / height)], dim=3)  # edges are at -1 and 1
    planes = F.grid_sample(to_planes(images), grid, padding_mode=padding, align_corners=False)
    return to_pixels(planes)
