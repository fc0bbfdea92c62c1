"""Images that can be decoded but look wrong: transparent, or of few levels."""

from collections import Counter
from collections.abc import Iterable
from typing import get_args

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image as Picture

from reprise.codecs import alpha
from reprise.decoding import decode
from reprise.spec import Channels

NARROW = "uses at most a sixteenth of its range"
LEVELS = 256 // 16
LISTED = 100  # files that the figures name
KINDS = {  # keys in the figures
    **dict(zip(get_args(alpha.Remark), ("transparent", "unused_alpha"), strict=True)),
    NARROW: "narrow_range",
}


def has_few_levels(images: UInt8[np.ndarray, "m h w c"], *, padded: bool) -> Bool[np.ndarray, " m"]:
    """Return whether each image has few levels, as resized; black is left out where it may pad."""
    pixels = images.reshape(len(images), -1) if len(images) else np.zeros((0, 1), np.uint8)
    lowest = (np.where(pixels == 0, 255, pixels) if padded else pixels).min(1)
    narrow: np.ndarray = pixels.max(1).astype(int) - lowest < LEVELS
    return narrow


def is_narrow(data: bytes, channels: Channels) -> bool:
    """Return whether all pixels of an image are within a sixteenth of the 256 levels.

    So are pixels of 12 bits stored as 16, covered lenses and empty pages.
    """
    return _spread(decode(data, channels)) < LEVELS


def count_by_kind(remarks: Iterable[str]) -> dict[str, int]:
    """Return the number of images with each remark, by its key in the figures."""
    found = Counter(remarks)
    return {key: found[remark] for remark, key in KINDS.items()}


def _spread(picture: Picture.Image) -> int:
    found = np.ravel(picture.getextrema())
    return int(max(found)) - int(min(found))
