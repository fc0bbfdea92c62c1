"""Probabilities of every image by a network that did not train on it, as far as there are any."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from stages.artifacts.predictions import Predictions
from stages.errors import UserError

ROUNDING = 1e-3  # of a sum of probabilities, which may be kept with few digits


class Images(NamedTuple):
    """Paths, labels and splits of all images, split by split."""

    paths: Sequence[str]  # [N], in the source
    labels: Int64[np.ndarray, " n"]
    splits: Int64[np.ndarray, " n"]  # indices into splits.NAMES
    classes: tuple[str, ...]  # [K]
    fresh: bool = False  # whether all images were split anew
    decided: Mapping[int, str] = MappingProxyType({})  # in an earlier review, by row
    dataset: str = ""  # name of the data set, if it has one


class HeldOut(NamedTuple):
    """Probabilities of images that the network had not seen."""

    probabilities: Float[np.ndarray, "n k"]
    known: Bool[np.ndarray, " n"]  # elsewhere the network trained on the image
    matched: int  # images whose probabilities are those of the file


class Evidence(NamedTuple):
    """All that is known of the images but their pixels."""

    images: Images
    given: HeldOut
    features: Float32[np.ndarray, "n d"]  # whole numbers, of one length


def held_out(own: Float[np.ndarray, "n k"], images: Images, given: Predictions | None) -> HeldOut:
    """Return those of the file where it has an image, else the classifier's own on val and test.

    Raises:
        UserError: the file is of other classes or images, or holds no probabilities.
    """
    known = images.splits != 0
    if given is None:
        return HeldOut(own, known, 0)
    if given.classes != images.classes:
        raise UserError(
            f"inspect.predictions: is of {len(given.classes)} classes, those of data/splits are "
            f"{len(images.classes)} others; run `reprise folds` again, or name predictions of these"
        )
    sums = given.probabilities.sum(axis=1, dtype=np.float64)
    if not ((given.probabilities >= 0).all() and (np.abs(sums - 1) <= ROUNDING).all()):
        raise UserError(
            "inspect.predictions: has probabilities that are not from 0 to 1, or whose sum is not "
            "1; run `reprise folds` again"
        )
    rows = match(images, given)
    found = rows >= 0
    if not found.any():
        raise UserError(
            f"inspect.predictions: has {len(given.paths):,} images, and none of data/splits; run "
            "`reprise folds` again, or name predictions of these"
        )
    mixed = own.copy()
    mixed[found] = given.probabilities[rows[found]]
    return HeldOut(mixed, known | found, int(found.sum()))


def match(images: Images, given: Predictions) -> Int64[np.ndarray, " n"]:
    """Return the row of each image in a file, -1 where it has none, or more than one may be it.

    By the path, and where several images have one, by path and label.
    """
    keys = images.paths, given.paths
    rows = _rows(*keys)
    pairs = [
        [*zip(paths, labels.tolist(), strict=True)]
        for paths, labels in zip(keys, (images.labels, given.labels), strict=True)
    ]
    return np.where(rows >= 0, rows, _rows(*pairs))


def _rows(wanted: Sequence[object], given: Sequence[object]) -> Int64[np.ndarray, " n"]:
    """Return where each is in the other, if it is once in both."""
    once = {key for key, count in Counter(wanted).items() if count == 1}
    places = {key: row for row, key in enumerate(given)}
    counts = Counter(given)
    return np.array(
        [places[key] if key in once and counts[key] == 1 else -1 for key in wanted], np.int64
    )
