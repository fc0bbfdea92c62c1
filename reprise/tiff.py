"""TIFF files: what their tags say of the pixels, and Pillow does not heed."""

import numpy as np
from PIL.Image import Image
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    COLORMAP,
    PHOTOMETRIC_INTERPRETATION,
    SAMPLEFORMAT,
    ImageFileDirectory_v2,
)

from reprise.faults import UndecodableError
from reprise.levels import from_16_bits, from_few_bits, refuse_half, within

LARGEST = 281  # the tag MaxSampleValue
WHITE_IS_ZERO = 0  # a photometric interpretation
SIGNED = 2  # a sample format


def standard(picture: Image, data: bytes) -> Image:  # noqa: ARG001 - the tags say all
    """Bring a loaded picture to 8 bits a channel, of which 0 is black and 255 white.

    Raises:
        UndecodableError: the tags do not say how large its pixels may be, or Pillow lost it.
    """
    tags: ImageFileDirectory_v2 = picture.tag_v2  # type: ignore[attr-defined]
    bits = max(_numbers(tags, BITSPERSAMPLE, 1))
    if SIGNED in _numbers(tags, SAMPLEFORMAT, 1) and bits < 32:
        raise UndecodableError("signed pixels have no known range")
    if picture.mode == "P":
        return _palette(picture, _numbers(tags, COLORMAP, 0))
    full = 2 ** min(bits, 16) - 1  # white
    said = max(_numbers(tags, LARGEST, full))
    narrower = 0 < said < full and said & (said + 1) == 0  # a number of bits
    if not picture.mode.startswith("I"):
        return _narrower(picture, bits, said) if narrower else picture
    levels = from_16_bits(picture, said if narrower and within(picture, said) else full)
    white_is_zero = tags.get(PHOTOMETRIC_INTERPRETATION) == WHITE_IS_ZERO
    return levels.point(range(255, -1, -1)) if white_is_zero else levels


def _narrower(picture: Image, bits: int, full: int) -> Image:
    """Scale 8-bit channels that hold fewer bits, and say so, if their pixels agree."""
    if bits == 16:
        refuse_half(picture, full)
    return from_few_bits(picture, full) if bits == 8 and within(picture, full) else picture


def _palette(picture: Image, colours: tuple[int, ...]) -> Image:
    """Take colours of 8 bits as such, where they should have 16, and Pillow keeps the upper 8."""
    if 0 < max(colours) < 256:
        picture.putpalette(np.reshape(colours, (3, -1)).T.ravel().tolist())
    return picture


def _numbers(tags: ImageFileDirectory_v2, tag: int, otherwise: int) -> tuple[int, ...]:
    value = tags.get(tag, otherwise)
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(int(number) for number in numbers) or (otherwise,)
