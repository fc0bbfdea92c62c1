"""Resize pictures to the input of a network."""

import numpy as np
from PIL import Image as Picture

from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import LARGEST
from reprise.spec import InputSpec


def fit(picture: Picture.Image, spec: InputSpec) -> np.ndarray:
    """Resize a picture of mode L or RGB to uint8 [H, W, C]; crop and pad keep its centre.

    Raises:
        UndecodableError: it is so elongated that it would be huge before it is cropped.
    """
    same = picture.size == (spec.width, spec.height)
    fitted = picture if same else _resized(picture, spec)
    return np.frombuffer(fitted.tobytes(), np.uint8).reshape(spec.height, spec.width, spec.channels)


def _resized(picture: Picture.Image, spec: InputSpec) -> Picture.Image:
    """Return the picture stretched, cropped or padded."""
    size, scaled = (spec.width, spec.height), _scaled(picture, spec)
    if spec.resize == "crop" and scaled[0] * scaled[1] > LARGEST:
        raise UndecodableError(
            f"{picture.width} x {picture.height} pixels are too elongated to crop to a size of "
            f"{spec.height} x {spec.width}"
        )
    resized = picture.resize(scaled, Picture.Resampling[spec.interpolation.upper()])
    if spec.resize == "crop":
        left, top = (round((s - t) / 2) for s, t in zip(scaled, size, strict=True))
        return resized.crop((left, top, left + spec.width, top + spec.height))
    if spec.resize == "pad":
        canvas = Picture.new(picture.mode, size)
        canvas.paste(resized, ((spec.width - scaled[0]) // 2, (spec.height - scaled[1]) // 2))
        return canvas
    return resized


def _scaled(picture: Picture.Image, spec: InputSpec) -> tuple[int, int]:
    """Return width and height after resizing, before cropping or padding."""
    if spec.resize == "stretch":
        return spec.width, spec.height
    # In integers, so that the side that fits exactly is not off by a rounding error.
    wider = picture.width * spec.height >= picture.height * spec.width  # than the target
    if wider == (spec.resize == "crop"):
        return max(1, picture.width * spec.height // picture.height), spec.height
    return spec.width, max(1, picture.height * spec.width // picture.width)
