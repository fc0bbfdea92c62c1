"""Images that hardly use their range, dark, bright or flat, and blurred ones, by their pixels.

Everything is a sum of whole numbers, or a quotient of two.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8

BLOCK = 2**22  # pixels that are looked at once
SPREAD = 2  # standard deviations around the mean within which an image mostly is
QUARTER = 64.0  # of 256 levels: an image below is dark, one above the other three bright
FLAT = 4.0  # standard deviation of an image that is flat
BLURRED = 0.05  # sharpness of a blurred image, as a share of the median


class Appearance(NamedTuple):
    """Mean, standard deviation and sharpness of images, over all channels."""

    mean: Float[np.ndarray, " n"]  # levels, 0 to 255
    deviation: Float[np.ndarray, " n"]
    sharpness: Float[np.ndarray, " n"]  # variance of the Laplacian over that of the pixels


class Oddity(NamedTuple):
    """Images that are odd in one way."""

    name: str
    rows: Int64[np.ndarray, " m"]
    scores: Float[np.ndarray, " m"]  # 0 at the bound, 1 where nothing is left


def appearance(images: UInt8[np.ndarray, "n h w c"]) -> Appearance:
    """Return what the pixels of images come to; they may be a memory map."""
    count, height, width, channels = images.shape
    step = max(1, BLOCK // (height * width * channels))
    found = [_look(np.asarray(images[at : at + step])) for at in range(0, count, step)]
    columns = np.concatenate(found, axis=1) if found else np.empty((3, 0))
    return Appearance(*columns)


def _look(images: UInt8[np.ndarray, "b h w c"]) -> Float[np.ndarray, "3 b"]:
    channels, pixels = images.shape[3], images.shape[1] * images.shape[2]
    grey = images.sum(3, dtype=np.int32)  # times the channels
    total = grey.sum((1, 2), dtype=np.int64)
    spread = float(pixels) * (grey.astype(np.int64) ** 2).sum((1, 2)) - total.astype(float) ** 2
    squares = np.maximum(spread, 0)
    inner = grey[:, 1:-1, 1:-1]
    edges = (
        4 * inner - grey[:, :-2, 1:-1] - grey[:, 2:, 1:-1] - grey[:, 1:-1, :-2] - grey[:, 1:-1, 2:]
    )
    energy = (edges.astype(np.int64) ** 2).sum((1, 2))
    deviation = np.sqrt(squares) / (pixels * channels)
    sharpness = energy * float(pixels) / np.maximum(squares, 1)
    return np.stack([total / (pixels * channels), deviation, sharpness])


def oddities(seen: Appearance) -> list[Oddity]:
    """Return the images that are flat, dark, bright or blurred, worst first; each in one way."""
    high = seen.mean + SPREAD * seen.deviation
    low = 255 - (seen.mean - SPREAD * seen.deviation)
    usual = np.sort(seen.sharpness)[len(high) // 2] if len(high) else 0.0
    ways = {
        "flat": seen.deviation / FLAT,
        "dark": high / QUARTER,
        "bright": low / QUARTER,
        "blurred": seen.sharpness / (BLURRED * usual if usual > 0 else 1),
    }
    free, found = np.ones(len(high), bool), list[Oddity]()
    for name, share in ways.items():
        found.append(_below(name, share, free))
        free[found[-1].rows] = False
    return found


def _below(name: str, share: Float[np.ndarray, " n"], free: Bool[np.ndarray, " n"]) -> Oddity:
    rows = np.flatnonzero((share < 1) & free)
    rows = rows[np.argsort(share[rows], kind="stable")]
    return Oddity(name, rows, 1 - share[rows])
