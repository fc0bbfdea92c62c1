import numpy as np
import pytest
from contents import EMPTY

from stages.reporting.page.charts import Point, Series
from stages.reporting.page.corner import SIDES, corner_side, cut, within
from stages.reporting.page.figures import charts

GOOD: list[Point] = [(0, 0), (0, 0.9), (0.02, 0.99), (1, 1)]


@pytest.mark.parametrize(
    ("points", "side"),
    [
        ([(0, 0), (0, 1), (1, 1)], SIDES[0]),
        (GOOD, 0.05),
        ([(0, 0), (0.04, 0.92), (0.1, 0.99), (1, 1)], 0.1),
        ([(0, 0), (0.1, 0.9), (0.15, 1), (1, 1)], 0.2),
        ([(0, 0), (0.08, 0.92), (1, 1)], 1),  # just in the corner, and goes on rising outside
        ([(0, 0), (0.1, 0.918), (0.12, 0.96), (0.21, 1), (1, 1)], 0.2),  # as of photographs
        ([(0, 0), (0.1, 0.918), (0.12, 0.96), (0.3, 1), (1, 1)], 1),
        ([(0, 0), (0.19, 0.1), (0.2, 1), (1, 1)], 1),  # a line at the edge of an empty chart
        ([(0, 0), (1, 1)], 1),
        ([(0, 0), (0.3, 0.9), (1, 1)], 1),
    ],
)
def test_the_corner_is_the_smallest_in_which_all_turn(points: list[Point], side: float) -> None:
    assert corner_side([Series("a", points)]) == side
    assert corner_side([Series("a", points), Series("b", GOOD)]) == side
    assert corner_side([Series("a", points), Series("b", [(0, 0), (1, 1)])]) == 1


def test_without_curves_there_is_no_corner() -> None:
    assert corner_side([]) == 1
    assert corner_side([Series("a", [])]) == 1


def test_what_is_cut_is_the_curve_within_and_ends_at_the_edges() -> None:
    rng = np.random.default_rng(0)
    for side in SIDES:
        for _ in range(50):
            x, y = np.sort(rng.random((2, 20)) ** [[4], [0.1]], axis=1)
            curve = [*zip([0, *x, 1], [0, *y, 1], strict=True)]
            found = cut(curve, side)
            xs, ys = [0, *x.tolist(), 1], [0, *y.tolist(), 1]
            for one, other in found:
                assert one <= side + 1e-12
                assert other >= 1 - side - 1e-12
                assert other == pytest.approx(np.interp(one, xs, ys))
            inside = [(a, b) for a, b in curve if a <= side and b >= 1 - side]
            assert {*inside} <= {*found}


def test_the_average_is_taken_anew_from_the_curves() -> None:
    coarse = Series("average", [(0, 0), (0, 0.3), (0.01, 0.99), (1, 1)])
    curves = [coarse, Series("a", [(0, 0), (0.001, 1), (1, 1)]), Series("b", GOOD)]
    average, *others = within(curves, 0.05)
    for x, y in average.points:
        tables = [np.array(one.points).T for one in curves[1:]]
        expected = [np.interp(x, *table) for table in tables]
        assert y == pytest.approx(np.mean(expected), abs=0.01)
    assert average.name == "average"
    assert others == [Series(one.name, cut(one.points, 0.05)) for one in curves[1:]]
    assert within([coarse], 0.05) == [Series("average", cut(coarse.points, 0.05))]


def test_a_good_model_is_drawn_large_and_another_one_whole() -> None:
    (good,) = charts(EMPTY._replace(roc=[Series("ant", GOOD)]))
    assert next(tick.text for tick in good.ticks[1]) == "0.95"
    assert not good.diagonal
    assert "up to 0.05 and from 0.95 on" in good.note
    (bad,) = charts(EMPTY._replace(roc=[Series("ant", [(0, 0), (0.5, 0.6), (1, 1)])]))
    assert next(tick.text for tick in bad.ticks[1]) == "0"
    assert bad.diagonal


@pytest.mark.parametrize(("least", "first"), [(0.95, "0.9"), (0.6, "0.5"), (0.1, "0")])
def test_high_precisions_are_drawn_large(least: float, first: str) -> None:
    (chart,) = charts(EMPTY._replace(precision_recall=[Series("ant", [(0, 1), (1, least)])]))
    assert chart.ticks[1][0].text == first
    assert ("begins at" in chart.note) == (first != "0")
