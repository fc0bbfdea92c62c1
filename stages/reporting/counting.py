"""Counts of images by actual and predicted class, and the scores that are shares of them.

They are scikit-learn's to the bit, without the two seconds that it takes to import.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

PerClass = Float64[np.ndarray, " k"]


class Counts(NamedTuple):
    """How many images each class has."""

    hits: Int64[np.ndarray, " k"]  # of the class, and predicted so
    predicted: Int64[np.ndarray, " k"]
    actual: Int64[np.ndarray, " k"]


def count(
    labels: Int64[np.ndarray, " n"], predicted: Int64[np.ndarray, " n"], classes: int
) -> Counts:
    """Count the images of each class."""
    columns = (labels[labels == predicted], predicted, labels)
    return Counts(*(np.bincount(column, minlength=classes) for column in columns))


def confusion_matrix(
    labels: Int64[np.ndarray, " n"], predicted: Int64[np.ndarray, " n"], classes: int
) -> Int64[np.ndarray, "k k"]:
    """Count the images of every pair of actual and predicted class."""
    pairs = np.bincount(labels * classes + predicted, minlength=classes**2)
    return pairs.reshape(classes, classes)


def precision_recall_f1(counts: Counts, undefined: float) -> tuple[PerClass, PerClass, PerClass]:
    """Return three scores of each class; `undefined` is what is divided by nothing."""
    hits, predicted, actual = counts
    return (
        _share(hits, predicted, undefined),
        _share(hits, actual, undefined),
        _share(2 * hits, predicted + actual, undefined),
    )


def matthews(counts: Counts) -> float:
    """Return Matthews' correlation of many classes (Gorodkin 2004); of a constant it is 0."""
    hits, predicted, actual = (column.astype(np.float64) for column in counts)
    images = actual.sum()
    spread = (images**2 - predicted @ predicted) * (images**2 - actual @ actual)
    return float((hits.sum() * images - actual @ predicted) / sqrt(spread)) if spread else 0.0


def kappa(counts: Counts) -> float:
    """Return 1 - the share of mistakes over that which chance would make (Cohen 1960).

    There must be two classes, of labels and predictions together.
    """
    met = counts.predicted + counts.actual > 0
    hits, predicted, actual = (column[met].astype(np.float64) for column in counts)
    chance = np.outer(predicted, actual) / actual.sum()  # images of every pair
    np.fill_diagonal(chance, 0)
    return float(1 - (actual.sum() - hits.sum()) / chance.sum())


def _share(
    part: Int64[np.ndarray, " k"], whole: Int64[np.ndarray, " k"], undefined: float
) -> PerClass:
    shares = np.full(part.shape, undefined)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
