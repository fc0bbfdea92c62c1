"""ROC and precision-recall curves of each class against the others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stages.artifacts.numbering import distinct
from stages.artifacts.report import RecallPoint, RocPoint

BLOCK = 16  # columns copied at once: one by one, each would read all of the memory
POINTS = 200  # of a curve, at most
CLASSES = 10  # of more, only the average is drawn
AVERAGE = "macro average"
GRID = np.arange(101) / 100  # false positive rates, or recalls, at which curves are averaged


class Ranking(NamedTuple):
    """Numbers of images above each threshold, and at or above it.

    The thresholds are the probabilities of the images of the class, falling.
    """

    images: Int64[np.ndarray, "t 2"]
    hits: Int64[np.ndarray, "t 2"]  # images of the class
    total: int  # images of the split


class Curve(NamedTuple):
    """A polyline; x never falls."""

    x: Float64[np.ndarray, " p"]  # in [0, 1]
    y: Float64[np.ndarray, " p"]  # in [0, 1]


def rankings(
    probabilities: Float64[np.ndarray, "n k"], labels: Int64[np.ndarray, " n"]
) -> Iterator[tuple[int, Ranking]]:
    """Yield each class that has a curve, with its ranking.

    It has none if all images are of the class, or none is.
    """
    for start in range(0, probabilities.shape[1], BLOCK):
        columns = np.ascontiguousarray(probabilities[:, start : start + BLOCK].T)
        for number, column in enumerate(columns, start):
            of_class = labels == number
            if of_class.any() and not of_class.all():
                yield number, rank(column, of_class)


def rank(probabilities: Float64[np.ndarray, " n"], of_class: Bool[np.ndarray, " n"]) -> Ranking:
    """Count the images above each threshold of a class; `of_class` marks its own images."""
    hits = np.sort(probabilities[of_class])
    images, thresholds = np.sort(probabilities), np.unique(hits)[::-1]
    return Ranking(_above(images, thresholds), _above(hits, thresholds), len(images))


def _above(
    ranks: Float64[np.ndarray, " m"], thresholds: Float64[np.ndarray, " t"]
) -> Int64[np.ndarray, "t 2"]:
    sides = [np.searchsorted(ranks, thresholds, "right"), np.searchsorted(ranks, thresholds)]
    return len(ranks) - np.stack(sides, axis=1)


def roc(ranking: Ranking) -> Curve:
    """Return false against true positive rate.

    Between two thresholds only false positives are added, along a straight line.
    """
    hits = ranking.hits.ravel()
    false_alarms, of_class = ranking.images.ravel() - hits, hits[-1]
    rates = false_alarms / (ranking.total - of_class), hits / of_class
    return Curve(*(np.concatenate([[0.0], rate, [1.0]]) for rate in rates))


def precision_recall(ranking: Ranking) -> Curve:
    """Return recall against precision, from recall 0 with the precision of the first hits."""
    hits = ranking.hits[:, 1]
    recall, precision = hits / hits[-1], hits / ranking.images[:, 1]
    return Curve(np.append(0.0, recall), np.append(precision[0], precision))


def area(curve: Curve) -> float:
    """Return the area under a ROC: how often an image of the class ranks above another."""
    return float(np.trapezoid(curve.y, curve.x))


def average_precision(curve: Curve) -> float:
    """Return the precision at every threshold, weighted by the recall that it adds."""
    # Not `@`: OpenBLAS adds up in an order that depends on the processor.
    return float((np.diff(curve.x) * curve.y[1:]).sum())


def roc_points(rankings: Mapping[int, Ranking], classes: Sequence[str]) -> list[RocPoint]:
    """Return the points of the ROC of each class and of their average; of many, of the average."""
    curves = {number: roc(ranking) for number, ranking in rankings.items()}
    return [RocPoint(*point) for point in _points(curves, classes, _rate)]


def recall_points(rankings: Mapping[int, Ranking], classes: Sequence[str]) -> list[RecallPoint]:
    """Return the points of the curve of each class and their average; of many, of the average."""
    curves = {number: precision_recall(ranking) for number, ranking in rankings.items()}
    return [RecallPoint(*point) for point in _points(curves, classes, _precision)]


def thin(curve: Curve, points: int = POINTS) -> Curve:
    """Return the curve with about `points` points, evenly spaced along it; both ends are kept."""
    steps = np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y))
    length = np.append(0.0, np.cumsum(steps))
    kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], points)))
    return Curve(curve.x[kept], curve.y[kept]) if len(length) > points else curve


def _points(
    curves: Mapping[int, Curve],
    classes: Sequence[str],
    at_grid: Callable[[Curve], Float64[np.ndarray, " g"]],
) -> list[tuple[str, float, float]]:
    if not curves:
        return []
    mean = np.mean([np.append(curve.y[0], at_grid(curve)) for curve in curves.values()], axis=0)
    names = distinct([AVERAGE, *classes])[1:]  # a class may be called as the average
    drawn = {AVERAGE: Curve(np.append(0.0, GRID), mean)}
    if len(classes) <= CLASSES:
        drawn |= {names[number]: thin(curve) for number, curve in curves.items()}
    return [
        (name, *point)
        for name, (xs, ys) in drawn.items()
        for point in zip(xs.tolist(), ys.tolist(), strict=True)
    ]


def _rate(curve: Curve) -> Float64[np.ndarray, " g"]:
    """Return the true positive rates at GRID; where the curve is vertical, the upper end."""
    rates: Float64[np.ndarray, " g"] = np.interp(GRID, curve.x, curve.y)
    return rates


def _precision(curve: Curve) -> Float64[np.ndarray, " g"]:
    """Return the precisions at GRID, each at the first threshold that reaches the recall."""
    precision: Float64[np.ndarray, " g"] = curve.y[np.searchsorted(curve.x, GRID)]
    return precision
