"""Galleries: the most confident mistakes, the least certain right answers, and each class."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int64, UInt8
from PIL import Image as Picture

from reprise.escaping import printable
from stages.pages.template import SIDE
from stages.pictures import shrunk
from stages.reporting.gradcam import overlay

EXTREMES = 12  # most confident mistakes, and least certain right answers, shown at most
CLASSES = 10  # shown at most: those that are recognised worst
EXAMPLES = 6  # of a class, shown at most
CAPTION = "Wrong answers, the surest first."
LEGEND = (
    "Right of each image is a heat map of it (Grad-CAM): the redder a place, the more it spoke for "
    "the answer."
)
UNSURE = "Right answers, the least sure first: a little less, and they would have been wrong."


class Judged(NamedTuple):
    """A split with its predictions."""

    images: UInt8[np.ndarray, "n h w c"]  # may be a memory map: only the images shown are read
    labels: Int64[np.ndarray, " n"]
    predictions: Int64[np.ndarray, " n"]
    confidences: Float[np.ndarray, " n"]  # probability of the predicted class, in [0, 1]
    classes: Sequence[str]
    paths: Sequence[str]  # in the source


class Members(NamedTuple):
    """The images of a class."""

    label: int
    rows: Int64[np.ndarray, " m"]
    right: int  # images among them whose class was predicted


class Tile(NamedTuple):
    """An image with its caption."""

    image: Picture.Image
    actual: str
    predicted: str
    confidence: float  # in [0, 1]
    path: str
    right: bool
    heat: Picture.Image | None = None  # the image with Grad-CAM over it


class Gallery(NamedTuple):
    """Tiles under a title."""

    title: str
    note: str  # explains the tiles, or why there are none
    tiles: Sequence[Tile]


def mistakes(judged: Judged) -> Int64[np.ndarray, " _"]:
    """Return the rows of wrong answers, the most confident first."""
    wrong = np.flatnonzero(judged.predictions != judged.labels)
    return wrong[np.argsort(-judged.confidences[wrong], kind="stable")][:EXTREMES]


def uncertain(judged: Judged) -> Int64[np.ndarray, " _"]:
    """Return the rows of right answers, the least confident first."""
    right = np.flatnonzero(judged.predictions == judged.labels)
    return right[np.argsort(judged.confidences[right], kind="stable")][:EXTREMES]


def hardest(judged: Judged) -> list[Members]:
    """Return the classes that have images; of many, those of the lowest accuracy, lowest first."""
    order = np.argsort(judged.labels, kind="stable")
    starts = np.flatnonzero(np.diff(judged.labels[order], prepend=-1))
    right = judged.predictions == judged.labels
    found = [
        Members(int(judged.labels[rows[0]]), rows, int(right[rows].sum()))
        for rows in np.split(order, starts[1:])
        if len(rows)
    ]
    if len(found) <= CLASSES:
        return found
    return sorted(found, key=lambda members: members.right / len(members.rows))[:CLASSES]


def worst_mistakes(
    judged: Judged, rows: Int64[np.ndarray, " m"], heat: Float32[np.ndarray, "m h w"] | None
) -> Gallery:
    """Return the tiles of mistakes, with their heat maps if there are any."""
    tiles = [_tile(judged, row) for row in rows.tolist()]
    if heat is not None:
        maps = map(overlay, judged.images[rows], heat)
        tiles = [
            tile._replace(heat=shrunk(one, SIDE)) for tile, one in zip(tiles, maps, strict=True)
        ]
    note = CAPTION if heat is None else f"{CAPTION} {LEGEND}"
    none = f"All {len(judged.labels):,} answers are right."
    return Gallery("Most confident mistakes", note if tiles else none, tiles)


def least_certain(judged: Judged) -> Gallery:
    """Return the tiles of the least certain right answers."""
    tiles = [_tile(judged, row) for row in uncertain(judged).tolist()]
    note = UNSURE if tiles else "No answer is right."
    return Gallery("Least certain right answers", note, tiles)


def by_class(judged: Judged) -> list[Gallery]:
    """Return a gallery for each class with its first images; of many classes, for the hardest."""
    return [
        Gallery(
            judged.classes[members.label],
            f"{members.right:,} of {len(members.rows):,} right",
            [_tile(judged, row) for row in members.rows[:EXAMPLES].tolist()],
        )
        for members in hardest(judged)
    ]


def _tile(judged: Judged, row: int) -> Tile:
    return Tile(
        image=shrunk(judged.images[row], SIDE),
        actual=judged.classes[judged.labels[row]],
        predicted=judged.classes[judged.predictions[row]],
        confidence=float(judged.confidences[row]),
        path=printable(judged.paths[row]),
        right=bool(judged.labels[row] == judged.predictions[row]),
    )
