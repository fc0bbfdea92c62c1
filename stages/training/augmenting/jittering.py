"""Colour jitter."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from jaxtyping import Float, Float64, UInt8
from pydantic import Field
from torch import Tensor

from stages.errors import UserError
from stages.params import Params
from stages.training.augmenting import coloring
from stages.training.augmenting.draws import Draws, Transform
from stages.training.augmenting.planes import to_pixels, to_planes

ADJUSTMENTS = {
    "brightness": coloring.brightness,
    "contrast": coloring.contrast,
    "saturation": coloring.saturation,
    "hue": coloring.hue,
}


class Jittering(Params):
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


def jitters(params: Jittering, draws: Draws) -> Iterator[Transform]:
    """Draw the factors of each image, uniform between their bounds.

    Raises:
        UserError: grey images are to change in saturation or hue.
    """
    names = [name for name in ADJUSTMENTS if getattr(params, name)]
    for name in {"saturation", "hue"}.intersection(names):
        if draws.shape[-1] == 1:
            raise UserError(
                f"train.{name} must be 0 for images without colour, is {getattr(params, name)}; "
                "set it to 0 or preprocess.channels to 3"
            )
    if names:
        factors = np.concatenate([_factors(name, params, draws) for name in names], axis=1)
        yield Transform(partial(jitter, names), draws.table(factors))


def _factors(name: str, params: Jittering, draws: Draws) -> Float64[np.ndarray, "n 1"]:
    """Return a column [N, 1] of factors, for hue of turns."""
    strength: float = getattr(params, name)
    low, high = (-strength, strength) if name == "hue" else (max(0, 1 - strength), 1 + strength)
    return low + (high - low) * draws.uniform(name, 1)


def jitter(
    names: list[str], images: UInt8[Tensor, "b h w c"], factors: Float[Tensor, "b _"]
) -> UInt8[Tensor, "b h w c"]:
    """Make the named adjustments one after the other, rounding once at the end."""
    planes = to_planes(images)
    for name, column in zip(names, factors.unbind(1), strict=True):
        planes = ADJUSTMENTS[name](planes, column)
    return to_pixels(planes)
