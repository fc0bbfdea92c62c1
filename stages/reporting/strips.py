"""Images of train, side by side: a strip a class."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image as Picture

from stages.artifacts.splits import Split
from stages.pictures import shrunk

CLASSES = 20  # with a strip at most, the first ones
IMAGES = 8  # of a class at most
SIDE = 48  # pixels of an image at most
PAPER = (128, 128, 133)  # beside images that are not square


class Strip(NamedTuple):
    """Images of a class in one picture."""

    name: str
    images: Sequence[int]  # how many there are, by split
    picture: Picture.Image | None  # None: the class has none in train


def strips(names: Sequence[str], train: Split, counts: Sequence[Sequence[int]]) -> Iterator[Strip]:
    """Yield a strip for each class, of images evenly spread over its images of train.

    `counts` are the images of each class by split.
    """
    order = np.argsort(train.labels, kind="stable")
    starts = np.searchsorted(train.labels[order], np.arange(len(names) + 1))
    for label, name in enumerate(names[:CLASSES]):
        own = order[starts[label] : starts[label + 1]]
        chosen = np.unique(np.linspace(0, len(own) - 1, min(IMAGES, len(own))).astype(np.int64))
        pictures = [shrunk(train.images[own[place]], SIDE) for place in chosen.tolist()]
        yield Strip(name, counts[label], joined(pictures) if pictures else None)


def joined(pictures: Sequence[Picture.Image]) -> Picture.Image:
    """Put one picture or more beside each other, each within a square."""
    side = max(max(one.size) for one in pictures)
    step = side + max(1, side // 16)
    mode = pictures[0].mode
    width = step * len(pictures) - (step - side)
    sheet = Picture.new(mode, (width, side), PAPER if mode == "RGB" else PAPER[0])
    for number, one in enumerate(pictures):
        left = number * step + (side - one.width) // 2
        sheet.paste(one, (left, (side - one.height) // 2))
    return sheet
