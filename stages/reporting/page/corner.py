"""The upper left corner of a ROC, to which the curves of a good model keep."""

from collections.abc import Iterator, Sequence

from stages.reporting.page.charts import Number, Point, Series

SIDES = (0.05, 0.1, 0.2)  # of the corner; the average is of points 0.01 apart


def corner_side(curves: Sequence[Series]) -> float:
    """Return the side of the smallest corner in which all curves turn; 1 where there is none."""
    found = (side for side in SIDES if curves and _turn_within(curves, side))
    return next(found, 1.0)


def _turn_within(curves: Sequence[Series], side: Number) -> bool:
    """Tell whether each ROC has a point in the upper left corner of that side."""
    return all(any(x <= side and y >= 1 - side for x, y in points) for _, points in curves)


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
