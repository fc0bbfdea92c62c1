"""Colour jitter, and the colour operations of AutoAugment's family."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, UInt8
from pydantic import Field
from torch import Tensor

from stages.errors import UserError
from stages.params import Params
from stages.training.augmentation.affine import to_pixels, to_planes
from stages.training.augmentation.draws import Draws, Indices, Transform

Planes = Float[Tensor, "b c h w"]
Factors = Float[Tensor, " b"]
LUMA = (0.2989, 0.587, 0.114)  # ITU-R BT.601, as torchvision rounds it


class ColorJitter(Params):
    """Parameters of colour jitter, strengths as torchvision's ColorJitter takes them."""

    brightness: float = Field(
        ge=0, le=10, description="factors of brightness are in 1 ± this, from 0 on; 0: off"
    )
    contrast: float = Field(
        ge=0, le=10, description="factors of contrast are in 1 ± this, from 0 on; 0: off"
    )
    saturation: float = Field(
        ge=0, le=10, description="factors of saturation are in 1 ± this, from 0 on; 0: off"
    )
    hue: float = Field(
        ge=0, le=0.5, description="hues turn by up to this share of the circle either way; 0: off"
    )


def jitters(params: ColorJitter, draws: Draws) -> Iterator[Transform]:
    """Draw the factors of each image, uniform between their bounds.

    Raises:
        UserError: images are grey, but saturation or hue is not 0.
    """
    names = [name for name in ADJUSTMENTS if getattr(params, name)]
    for name in {"saturation", "hue"}.intersection(names):
        if draws.shape[-1] == 1:
            raise UserError(
                f"train.{name} must be 0 for images without colour, is {getattr(params, name)}; "
                "set it to 0 or preprocess.channels to 3"
            )
    uniforms = [draws.uniform(name, 1) for name in names]
    low, high = np.array([_bounds(name, params) for name in names]).reshape(-1, 2).T

    def rows(indices: Indices) -> Float64[np.ndarray, "b _"]:
        drawn = np.hstack([uniform(indices) for uniform in uniforms])
        return np.asarray(low + (high - low) * drawn)

    if names:
        yield Transform(partial(jitter, names), rows)


def jitter(
    names: list[str], images: UInt8[Tensor, "b h w c"], factors: Float[Tensor, "b _"]
) -> UInt8[Tensor, "b h w c"]:
    """Apply the named adjustments one after the other, rounding once at the end."""
    planes = to_planes(images)
    for name, column in zip(names, factors.unbind(1), strict=True):
        planes = ADJUSTMENTS[name](planes, column)
    return to_pixels(planes)


def brightness(planes: Planes, factors: Factors) -> Planes:
    """Blend with black."""
    return (planes * _each(factors)).clamp_(0, 255)


def contrast(planes: Planes, factors: Factors) -> Planes:
    """Blend with the mean grey of the image."""
    # The sum of integers is the same in any order, and so in any batch.
    mean = grey(planes).floor().long().sum((1, 2, 3), keepdim=True) / planes[0, 0].numel()
    return _blend(mean, planes, factors)


def saturation(planes: Planes, factors: Factors) -> Planes:
    """Blend with the grey image."""
    return _blend(grey(planes), planes, factors)


def sharpness(planes: Planes, factors: Factors) -> Planes:
    """Blend with the smoothed image, except its outermost pixels, as Pillow does."""
    centre = planes[:, :, 1:-1, 1:-1]
    smooth = (F.avg_pool2d(planes, 3, stride=1, divisor_override=1) + 4 * centre) / 13
    sharp = planes.clone()
    sharp[:, :, 1:-1, 1:-1] = _blend(smooth.round_(), centre, factors)
    return sharp


def hue(planes: Float[Tensor, "b 3 h w"], turns: Factors) -> Float[Tensor, "b 3 h w"]:
    """Turn the hues by shares of the circle; saturation and value of HSV stay."""
    red, green, blue = planes.unbind(1)
    value, least = planes.amax(1), planes.amin(1)
    chroma = value - least
    scale = 1 / chroma.clamp(min=1e-3)  # grey has no hue, and its chroma of 0 leaves it grey
    angle = torch.where(
        value == red,
        (green - blue) * scale,
        torch.where(value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale),
    )  # in sixths of the circle
    angle = angle + 6 * turns[:, None, None]
    # Each channel falls from `value` to `least` and rises again, a third of the circle apart.
    phases = ((angle + offset).remainder(6) for offset in (5, 3, 1))
    falls = (torch.minimum(phase, 4 - phase).clamp_(0, 1) for phase in phases)
    return torch.stack([value - chroma * fall for fall in falls], dim=1)


def autocontrast(planes: Planes) -> Planes:
    """Stretch each channel to [0, 255], unless it is constant."""
    low, high = planes.amin((2, 3), keepdim=True), planes.amax((2, 3), keepdim=True)
    return torch.where(high > low, (planes - low) * (255 / (high - low)), planes)


def grey(planes: Planes) -> Float[Tensor, "b 1 h w"]:
    """Return the luma of each pixel."""
    if planes.shape[1] == 1:
        return planes
    red, green, blue = planes.split(1, dim=1)
    weighted: Tensor = red * LUMA[0] + green * LUMA[1] + blue * LUMA[2]
    return weighted


def _bounds(name: str, params: ColorJitter) -> tuple[float, float]:
    """Return the bounds of the factors of an adjustment; for hue, of turns."""
    strength: float = getattr(params, name)
    return (-strength, strength) if name == "hue" else (max(0.0, 1 - strength), 1 + strength)


def _blend(other: Tensor, planes: Planes, factors: Factors) -> Planes:
    """Interpolate from `other` to the image, and past it where a factor exceeds 1."""
    return (planes - other).mul_(_each(factors)).add_(other).clamp_(0, 255)


def _each(factors: Factors) -> Float[Tensor, "b 1 1 1"]:
    return factors[:, None, None, None]


ADJUSTMENTS = {
    "brightness": brightness,
    "contrast": contrast,
    "saturation": saturation,
    "hue": hue,
}
