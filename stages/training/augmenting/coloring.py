"""Colours, by factors that differ from image to image.

Images are floats in [0, 255], and so are the results. The identity is factor 1, and for hue 0.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Planes = Float[Tensor, "b c h w"]
Factors = Float[Tensor, " b"]
LUMA = (0.2989, 0.587, 0.114)  # ITU-R BT.601, as torchvision rounds it


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
    """Blend with the image smoothed, but for its outermost pixels, as Pillow does."""
    centre = planes[:, :, 1:-1, 1:-1]
    smooth = (F.avg_pool2d(planes, 3, stride=1, divisor_override=1) + 4 * centre) / 13
    sharp = planes.clone()
    sharp[:, :, 1:-1, 1:-1] = _blend(smooth.round_(), centre, factors)
    return sharp


def hue(planes: Float[Tensor, "b 3 h w"], turns: Factors) -> Float[Tensor, "b 3 h w"]:
    """Turn the hues, 1 being the whole circle; saturation and value of HSV stay."""
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


def grey(planes: Planes) -> Float[Tensor, "b 1 h w"]:
    """Return the brightness that the eye sees."""
    if planes.shape[1] == 1:
        return planes
    red, green, blue = planes.split(1, dim=1)
    weighted: Tensor = red * LUMA[0] + green * LUMA[1] + blue * LUMA[2]
    return weighted


def autocontrast(planes: Planes) -> Planes:
    """Stretch each channel to all of [0, 255], unless it is of one value."""
    low, high = planes.amin((2, 3), keepdim=True), planes.amax((2, 3), keepdim=True)
    return torch.where(high > low, (planes - low) * (255 / (high - low)), planes)


def _blend(other: Tensor, planes: Planes, factors: Factors) -> Planes:
    """Go from `other` towards the image, and past it where a factor exceeds 1."""
    return (planes - other).mul_(_each(factors)).add_(other).clamp_(0, 255)


def _each(factors: Factors) -> Float[Tensor, "b 1 1 1"]:
    return factors[:, None, None, None]
