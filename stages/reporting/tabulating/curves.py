"""ROC and precision-recall curves, in few enough points to draw."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from stages.artifacts.numbering import distinct
from stages.artifacts.report import RecallPoint, RocPoint
from stages.reporting.scoring.ranking import Curve, Ranking, precision_recall, roc

POINTS = 200  # of a curve, at most
CLASSES = 10  # with more, only the average is drawn
AVERAGE = "macro average"
GRID = np.arange(101) / 100  # where the curves are averaged


def roc_points(rankings: Mapping[int, Ranking], classes: Sequence[str]) -> list[RocPoint]:
    """Draw a curve for each class ranked, and their average; of many, the average only."""
    curves = {number: roc(ranking) for number, ranking in rankings.items()}
    return [RocPoint(*point) for point in _points(curves, classes, _rate)]


def recall_points(rankings: Mapping[int, Ranking], classes: Sequence[str]) -> list[RecallPoint]:
    """Draw a curve for each class ranked, and their average; of many, the average only."""
    curves = {number: precision_recall(ranking) for number, ranking in rankings.items()}
    return [RecallPoint(*point) for point in _points(curves, classes, _precision)]


def thin(curve: Curve, points: int = POINTS) -> Curve:
    """Leave out points where they are dense along the curve; keep both ends."""
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
    """Return the true positive rates; where the curve is upright, the upper end."""
    rates: Float64[np.ndarray, " g"] = np.interp(GRID, curve.x, curve.y)
    return rates


def _precision(curve: Curve) -> Float64[np.ndarray, " g"]:
    """Return the precision at the first threshold that has the recall: between two, none has it."""
    precision: Float64[np.ndarray, " g"] = curve.y[np.searchsorted(curve.x, GRID)]
    return precision
