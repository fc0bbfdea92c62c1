"""The upper left corner of a ROC, to which the curves of a good model keep."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float64

from stages.reporting.page.charts import Number, Point, Series

SIDES = (0.05, 0.1, 0.2)  # of the corner
POINTS = 101  # of the average
NEAR_END = 0.99  # true positive rate from which on a curve has little left to rise


def corner_side(curves: Sequence[Series]) -> float:
    """Return the side of the smallest corner that shows all curves turn; 1 where there is none."""
    found = (side for side in SIDES if curves and all(_turns(one, side) for one in curves))
    return next(found, 1.0)


def within(curves: Sequence[Series], side: float) -> list[Series]:
    """Return the parts of the curves in that corner.

    The first is the average of the others, of points 0.01 apart: too few here, so it is taken anew.
    """
    average, *others = curves
    if others:
        xs = np.linspace(0, side, POINTS)
        mean = np.mean([_at(xs, one.points) for one in others], axis=0)
        average = average._replace(points=[(0, 0), *zip(xs.tolist(), mean.tolist(), strict=True)])
    return [Series(name, cut(points, side)) for name, points in (average, *others)]


def _at(xs: Float64[np.ndarray, " n"], points: Sequence[Point]) -> Float64[np.ndarray, " n"]:
    table = np.array(points, dtype=np.float64)  # [P, 2]
    found: Float64[np.ndarray, " n"] = np.interp(xs, table[:, 0], table[:, 1])
    return found


def _turns(curve: Series, side: float) -> bool:
    """Tell whether a ROC is in the corner of that side by the middle, and near its end at the side.

    Of a curve that reaches the corner alone, nearly nothing would be drawn.
    """
    if not curve.points:
        return False
    middle, end = _at(np.array([side / 2, side]), curve.points).tolist()
    return bool(middle >= 1 - side and end >= NEAR_END)


def cut(points: Sequence[Point], side: Number) -> list[Point]:
    """Return the part of a curve, whose x never falls, in the upper left corner of that side."""
    return [*_ahead([*_ahead(points, 0, side)], 1, side)]


def _ahead(points: Sequence[Point], axis: int, side: Number) -> Iterator[Point]:
    """Yield points up to x `side` (axis 0), or from y 1 - `side` on (axis 1), with the crossing."""
    inside = [point[0] <= side if axis == 0 else point[1] >= 1 - side for point in points]
    edge = side if axis == 0 else 1 - side
    for number, point in enumerate(points):
        if number and inside[number] != inside[number - 1]:
            (x, y), (u, v) = points[number - 1], point
            share = (edge - (x, y)[axis]) / ((u, v)[axis] - (x, y)[axis])
            yield x + share * (u - x), y + share * (v - y)
        if inside[number]:
            yield point
