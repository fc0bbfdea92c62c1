"""TIFF files: the range of their pixels by their tags, and whether all strips were written."""

from collections.abc import Iterator
from re import compile as pattern

import numpy as np
from PIL.Image import Image
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    COLORMAP,
    COMPRESSION,
    PHOTOMETRIC_INTERPRETATION,
    SAMPLEFORMAT,
    STRIPBYTECOUNTS,
    STRIPOFFSETS,
    TILEBYTECOUNTS,
    TILEOFFSETS,
    ImageFileDirectory_v2,
)

from reprise.codecs import deflate
from reprise.codecs.levels import from_16_bits, from_few_bits, refuse_half, within
from reprise.codecs.undecodable import UndecodableError

LARGEST = 281  # the tag MaxSampleValue
WHITE_IS_ZERO = 0  # a photometric interpretation
SIGNED = 2  # a sample format
RUN = pattern(rb"\0{32,}")
NONE, JPEG, DEFLATE = {1}, {7}, {8, 32946}  # kinds of compression
DENSE, TAIL = {34925, 50000}, 8  # LZMA and Zstandard, which never end in so many zeros
END = b"\xff\xd9"  # of a JPEG stream


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


def is_complete(picture: Image, data: bytes) -> bool:
    """Check that every strip or tile with a long run of zeros was written to its end."""
    tags: ImageFileDirectory_v2 = picture.tag_v2  # type: ignore[attr-defined]
    kind = tags.get(COMPRESSION, 1)
    if kind in NONE or not RUN.search(data):
        return True
    return all(_written(part, kind) for part in _parts(tags, data) if RUN.search(part))


def _parts(tags: ImageFileDirectory_v2, data: bytes) -> Iterator[bytes]:
    """Yield the compressed strips or tiles."""
    tiled = TILEOFFSETS in tags
    starts = tags.get(TILEOFFSETS if tiled else STRIPOFFSETS, ())
    sizes = tags.get(TILEBYTECOUNTS if tiled else STRIPBYTECOUNTS, ())
    if sum(sizes) <= 2 * len(data):  # more is a bomb, or for Pillow to refuse
        yield from (data[at : at + size] for at, size in zip(starts, sizes, strict=False))


def _written(part: bytes, kind: int) -> bool:
    """Return whether a part ends as its compression says; of others, whether there is anything."""
    if kind in DEFLATE:
        return deflate.ends([part])
    if kind in DENSE:
        return any(part[-TAIL:])
    return END in part[-4:] if kind in JPEG else any(part)
