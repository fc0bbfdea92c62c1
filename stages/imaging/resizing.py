"""The parameters of what a network sees of a picture; the predictor resizes with the same code."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from jaxtyping import UInt8
from PIL import Image as Picture
from pydantic import Field

from reprise import resizing
from reprise.spec import Channels, InputSpec, Interpolation, Resize
from stages.mistakes import Former
from stages.params import Params

# Pixels: less is nothing that a convolutional network can see, more no network can hold.
Side = Annotated[int, Field(ge=4, le=8192)]


class Pixels(Params):
    """Parameters of what a network sees of a picture."""

    former: ClassVar[Mapping[str, Former]] = {
        "size": Former("image_size", "DVC's run cache does not see a parameter called size")
    }

    image_size: tuple[Side, Side] = Field(description="height and width, in pixels")
    resize: Resize = Field(
        description="crop fits the shorter side and cuts the centre out, "
        "pad the longer, black around"
    )
    interpolation: Interpolation = Field(
        description="filter of resizing, antialiased but for nearest"
    )
    channels: Channels = Field(description="1: greyscale, 3: RGB")


def fit(picture: Picture.Image, params: Pixels) -> UInt8[np.ndarray, "h w c"]:
    """Bring a picture of mode L or RGB to the size of the parameters.

    Raises:
        UndecodableError: it is so elongated that it would be huge before it is cropped.
    """
    spec = InputSpec(*params.image_size, params.channels, params.resize, params.interpolation)
    return resizing.fit(picture, spec)
