"""Scale pixels of more or fewer than 256 levels to 256."""

import numpy as np
from PIL import Image as Picture
from PIL.Image import Image

from reprise.codecs.undecodable import UndecodableError

WHOLE = 65535  # white, of 16 bits


def from_16_bits(picture: Image, full: int = WHOLE) -> Image:
    """Scale pixels of which `full` is white; Pillow's own conversion would clip at 255.

    Raises:
        UndecodableError: a pixel is out of this range.
    """
    pixels = np.asarray(picture)  # [H, W]
    if pixels.min() < 0 or pixels.max() > full:
        raise UndecodableError("32-bit pixels have no known range")
    upper = rounded(pixels.astype(np.uint64) * 255, full).astype(np.uint8)
    upper[pixels == picture.info.get("transparency")] = 255  # white
    return Picture.fromarray(upper)


def from_few_bits(picture: Image, full: int) -> Image:
    """Scale 8-bit channels of which `full` is white."""
    table = rounded(np.arange(256).clip(max=full) * 255, full).tolist()
    return picture.point(table * len(picture.getbands()))


def refuse_half(picture: Image, full: int) -> None:
    """Refuse colours of 16 bits that use few of them: Pillow has kept the upper 8 only.

    Raises:
        UndecodableError: no pixel is above `full`, which is white.
    """
    if full < WHOLE and 0 < max(np.ravel(picture.convert("RGB").getextrema())) <= full >> 8:
        raise UndecodableError(
            f"colours of {full.bit_length()} of 16 bits, of which Pillow keeps the upper 8; "
            "convert it to 8 bits"
        )


def rounded(numbers: np.ndarray, by: int) -> np.ndarray:
    """Divide whole numbers, and round halves up."""
    quotients: np.ndarray = (2 * numbers + by) // (2 * by)
    return quotients


def within(picture: Image, full: int) -> bool:
    """Return whether no pixel is above `full`."""
    return bool(np.asarray(picture).max() <= full)
