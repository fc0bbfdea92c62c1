"""Plant faults into images: swapped labels, near-copies, and images of something else."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, UInt8
from PIL import Image as Picture

from stages.pictures import picture

SWAPPED, COPIED = 0.02, 0.01  # shares of the images: other labels, and copies of each kind
FEWEST = 9  # copies of a kind
QUALITY, CUT, GAIN, OFFSET = 40, 0.05, 1.2, 15  # of JPEG; share of a side; and of brightness
Change = Callable[[np.ndarray], np.ndarray]


class Planted(NamedTuple):
    """Images with faults that are known."""

    images: UInt8[np.ndarray, "n h w c"]
    labels: Int64[np.ndarray, " n"]
    swapped: Bool[np.ndarray, " n"]
    foreign: Bool[np.ndarray, " n"]
    pairs: Mapping[str, Int64[np.ndarray, "m 2"]]  # of an image and its copy, by what was done


def recompressed(pixels: np.ndarray) -> np.ndarray:
    """Return an image as JPEG of low quality has it."""
    file = BytesIO()
    picture(pixels).save(file, "JPEG", quality=QUALITY)
    return np.asarray(Picture.open(file)).reshape(pixels.shape)


def cropped(pixels: np.ndarray) -> np.ndarray:
    """Return an image of which a 20th of two sides, and half of that of the others, is cut off."""
    height, width = pixels.shape[:2]
    cut = max(1, round(CUT * height))
    part = picture(pixels).crop((cut, cut // 2, width - cut // 2, height - cut))
    whole = part.resize((width, height), Picture.Resampling.BICUBIC)
    return np.asarray(whole).reshape(pixels.shape)


def brightened(pixels: np.ndarray) -> np.ndarray:
    """Return a brighter image; what is too bright is white."""
    return np.clip(pixels * GAIN + OFFSET, 0, 255).astype(np.uint8)


CHANGES: dict[str, Change] = {
    "recompressed": recompressed,
    "cropped": cropped,
    "brightened": brightened,
}


def plant(images: np.ndarray, labels: np.ndarray, foreign: np.ndarray, classes: int) -> Planted:
    """Plant all faults, and mix what comes of it."""
    rng, count = np.random.default_rng(0), len(images)
    labels, copies = labels.copy(), max(FEWEST, round(COPIED * count))
    swapped = rng.choice(count, round(SWAPPED * count), replace=False)
    labels[swapped] = (labels[swapped] + rng.integers(1, classes, len(swapped))) % classes
    sound = np.setdiff1d(np.arange(count), swapped)
    sources = rng.choice(sound, (len(CHANGES), copies), replace=False)
    made = [
        change(images[row])
        for change, rows in zip(CHANGES.values(), sources, strict=True)
        for row in rows
    ]
    everything = np.concatenate([images, np.stack(made), foreign])
    said = [labels, labels[sources.ravel()], rng.integers(0, classes, len(foreign))]
    order = rng.permutation(len(everything))
    place = np.argsort(order)
    twins = np.stack([sources, count + np.arange(sources.size).reshape(sources.shape)], 2)
    return Planted(
        images=everything[order],
        labels=np.concatenate(said)[order],
        swapped=np.isin(order, swapped),
        foreign=order >= len(everything) - len(foreign),
        pairs=dict(zip(CHANGES, place[twins], strict=True)),
    )
