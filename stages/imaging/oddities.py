"""Remarks on images that can be decoded and are suspicious: transparent, or of few levels."""

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
LISTED = 100  # files that the report names
KINDS = {  # what the report calls them
    **dict(zip(get_args(alpha.Remark), ("transparent", "unused_alpha"), strict=True)),
    NARROW: "narrow_range",
}


def has_few_levels(images: UInt8[np.ndarray, "m h w c"], *, padded: bool) -> Bool[np.ndarray, " m"]:
    """Say which images have few levels, as resized; black that may be padding counts as none."""
    pixels = images.reshape(len(images), -1) if len(images) else np.zeros((0, 1), np.uint8)
    lowest = (np.where(pixels == 0, 255, pixels) if padded else pixels).min(1)
    narrow: np.ndarray = pixels.max(1).astype(int) - lowest < LEVELS
    return narrow


def is_narrow(data: bytes, channels: Channels) -> bool:
    """Say whether all pixels of an image are within a sixteenth of the 256 levels.

    Such are pixels of 12 bits that were taken for 16, lens caps and empty pages.
    """
    return _spread(decode(data, channels)) < LEVELS


def count_by_kind(remarks: Iterable[str]) -> dict[str, int]:
    """Return how many images each remark is about, by its key in the report."""
    found = Counter(remarks)
    return {key: found[remark] for remark, key in KINDS.items()}


def _spread(picture: Picture.Image) -> int:
    found = np.ravel(picture.getextrema())
    return int(max(found)) - int(min(found))
