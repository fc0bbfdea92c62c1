"""Which classes are taken for which, for the page."""

from collections import Counter
from typing import NamedTuple

from stages.reporting.composing.content import Content

LARGEST = 30  # classes of a matrix that can be read; of more, only pairs are shown
PAIRS = 12  # most confused, shown at most


class Field(NamedTuple):
    """A cell of the matrix."""

    images: int
    share: float  # of the images of its actual class, in [0, 1]


class Pair(NamedTuple):
    """A mistake that was made more than once, or the only ones there are."""

    actual: str
    predicted: str
    images: int
    share: float  # likewise


def matrix(content: Content) -> list[list[Field]]:
    """Return a row an actual class, a column a predicted one; nothing if there are too many."""
    classes = range(len(content.classes))
    if len(classes) > LARGEST or not content.confusion:
        return []
    counts = {(actual, predicted): images for actual, predicted, images in content.confusion}
    totals = _totals(content)
    return [
        [
            Field(images, images / max(1, totals[actual]))
            for images in (counts.get((actual, predicted), 0) for predicted in classes)
        ]
        for actual in classes
    ]


def confused(content: Content) -> list[Pair]:
    """Return the most frequent mistakes, the most frequent first."""
    totals, names = _totals(content), [row.name for row in content.classes]
    pairs = [
        Pair(names[actual], names[predicted], images, images / totals[actual])
        for actual, predicted, images in content.confusion
        if actual != predicted and images
    ]
    return sorted(pairs, key=lambda pair: (-pair.images, -pair.share))[:PAIRS]


def _totals(content: Content) -> Counter[int]:
    """Count the images of every actual class."""
    totals = Counter[int]()
    for actual, _, images in content.confusion:
        totals[actual] += images
    return totals
