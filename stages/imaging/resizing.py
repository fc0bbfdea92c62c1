"""From a picture of any size to the size that the network sees."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image as Picture
from pydantic import Field

from stages.imaging.decoding import LARGEST, Channels, UndecodableError
from stages.params import Params

Side = Annotated[int, Field(ge=4)]  # pixels: less is nothing that a convolutional network can see


class Pixels(Params):
    """Parameters of what a network sees of a picture."""

    size: tuple[Side, Side] = Field(description="height and width, in pixels")
    resize: Literal["stretch", "crop", "pad"] = Field(
        description="crop fits the shorter side and cuts the centre out, "
        "pad the longer, black around"
    )
    interpolation: Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"] = Field(
        description="filter of resizing, antialiased but for nearest"
    )
    channels: Channels = Field(description="1: greyscale, 3: RGB")


def fit(picture: Picture.Image, params: Pixels) -> UInt8[np.ndarray, "h w c"]:
    """Bring a picture of mode L or RGB to the size of the parameters.

    Raises:
        UndecodableError: it is so elongated that it would be huge before it is cropped.
    """
    height, width = params.size
    fitted = picture if picture.size == (width, height) else _resized(picture, params)
    return np.frombuffer(fitted.tobytes(), np.uint8).reshape(height, width, params.channels)


def _resized(picture: Picture.Image, params: Pixels) -> Picture.Image:
    """Return the picture stretched, cropped or padded."""
    height, width = params.size
    scaled = _scaled(picture, params)
    if params.resize == "crop" and scaled[0] * scaled[1] > LARGEST:
        raise UndecodableError(
            f"{picture.width} x {picture.height} pixels are too elongated to crop to a size of "
            f"{height} x {width}"
        )
    resized = picture.resize(scaled, Picture.Resampling[params.interpolation.upper()])
    if params.resize == "crop":
        left, top = (round((s - t) / 2) for s, t in zip(scaled, (width, height), strict=True))
        return resized.crop((left, top, left + width, top + height))
    if params.resize == "pad":
        canvas = Picture.new(picture.mode, (width, height))
        canvas.paste(resized, ((width - scaled[0]) // 2, (height - scaled[1]) // 2))
        return canvas
    return resized


def _scaled(picture: Picture.Image, params: Pixels) -> tuple[int, int]:
    """Return width and height after resizing, before cropping or padding."""
    height, width = params.size
    if params.resize == "stretch":
        return width, height
    # Integers: a side that must fit exactly does, whatever a quotient rounds to.
    wider = picture.width * height >= picture.height * width  # than the target
    if wider == (params.resize == "crop"):
        return max(1, picture.width * height // picture.height), height
    return width, max(1, picture.height * width // picture.width)
