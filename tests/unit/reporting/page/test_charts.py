import math

import pytest

from stages.reporting.page.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Axis,
    Rectangle,
    Series,
    Tick,
    bar_chart,
    line_chart,
)

AXES = Axis("x", 0, 1), Axis("y", 0, 10)


def test_a_line_runs_from_corner_to_corner() -> None:
    chart = line_chart("Title", AXES, [Series("one", [(0, 0), (0.5, 5), (1, 10)])])
    middle = f"{(LEFT + RIGHT) / 2:.1f},{(TOP + BOTTOM) / 2:.1f}"
    assert chart.lines == [f"M{LEFT:.1f},{BOTTOM:.1f}L{middle}L{RIGHT:.1f},{TOP:.1f}"]
    assert (chart.title, chart.labels, chart.names) == ("Title", ("x", "y"), ["one"])


def test_ticks_have_their_places_and_texts() -> None:
    across, down = line_chart("", (Axis("x", 0, 1), Axis("y", 0, 20000)), []).ticks
    assert [across[0], across[1], across[-1]] == [
        Tick(LEFT, "0"),
        Tick(LEFT + (RIGHT - LEFT) / 5, "0.2"),
        Tick(RIGHT, "1"),
    ]
    assert [tick.text for tick in down] == ["0", "5,000", "10,000", "15,000", "20,000"]
    assert [down[0].at, down[-1].at] == [BOTTOM, TOP]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_points_that_are_not_finite_are_left_out(bad: float) -> None:
    with_bad = line_chart("", AXES, [Series("", [(0, 0), (0.5, bad), (1, 10)])])
    assert with_bad == line_chart("", AXES, [Series("", [(0, 0), (1, 10)])])


def test_a_single_point_is_a_dot_and_none_is_nothing() -> None:
    chart = line_chart("", AXES, [Series("", [(0, 0)]), Series("", [])])
    assert chart.lines == [f"M{LEFT:.1f},{BOTTOM:.1f}h0", ""]


def test_bars_stand_on_each_other() -> None:
    lower, upper = Series("right", [(0.25, 5), (0.75, 0)]), Series("wrong", [(0.25, 5), (0.75, 10)])
    half, height = (RIGHT - LEFT) / 2, (BOTTOM - TOP) / 2
    assert bar_chart("", AXES, [lower, upper]).layers == [
        [
            Rectangle(LEFT, TOP + height, half - 1, height),
            Rectangle(LEFT + half, BOTTOM, half - 1, 0),
        ],
        [Rectangle(LEFT, TOP, half - 1, height), Rectangle(LEFT + half, TOP, half - 1, 2 * height)],
    ]


def test_no_bars_are_no_layers() -> None:
    assert bar_chart("", AXES, [Series("right", []), Series("wrong", [])]).layers == []


def test_layers_of_bars_must_have_as_many() -> None:
    with pytest.raises(ValueError, match="zip"):
        bar_chart("", AXES, [Series("", [(0, 1)]), Series("", [])])
