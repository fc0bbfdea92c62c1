"""Which images of a split are worth a look."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int64, UInt8

EXTREMES = 12  # mistakes, and unsure hits, at most
CLASSES = 10  # of more, those that are recognised worst


class Judged(NamedTuple):
    """A split with what was said about it."""

    images: UInt8[np.ndarray, "n h w c"]  # may be a memory map: only what is shown is read
    labels: Int64[np.ndarray, " n"]
    predictions: Int64[np.ndarray, " n"]
    confidences: Float[np.ndarray, " n"]  # probability of the predicted class, in [0, 1]
    classes: Sequence[str]
    paths: Sequence[str]  # in the source


class Members(NamedTuple):
    """The images of a class."""

    label: int
    rows: Int64[np.ndarray, " m"]
    right: int  # of them, images whose class was predicted


def mistakes(judged: Judged) -> Int64[np.ndarray, " _"]:
    """Return the rows of wrong answers, the most confident first."""
    wrong = np.flatnonzero(judged.predictions != judged.labels)
    return wrong[np.argsort(-judged.confidences[wrong], kind="stable")][:EXTREMES]


def uncertain(judged: Judged) -> Int64[np.ndarray, " _"]:
    """Return the rows of right answers, the least confident first."""
    right = np.flatnonzero(judged.predictions == judged.labels)
    return right[np.argsort(judged.confidences[right], kind="stable")][:EXTREMES]


def hardest(judged: Judged) -> list[Members]:
    """Return the classes that have images; where there are many, the worst, the worst first."""
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
