"""Line and bar charts as coordinates; the template page.chart.html draws them as SVG."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

WIDTH, HEIGHT = 400, 280  # of the drawing, in units of the SVG
LEFT, RIGHT, TOP, BOTTOM = 54, 390, 28, 236  # edges of the plot within it
TICKS = 5  # of an axis, about

Number: TypeAlias = float | int  # to beartype, an int is no float
Point: TypeAlias = tuple[Number, Number]


class Axis(NamedTuple):
    """An axis: its label and its range."""

    label: str
    low: Number
    high: Number
    whole: bool = False  # only whole numbers have a tick

    def share(self, value: Number) -> float:
        """Return the position of a value from low, 0, to high, 1; values beyond are clipped."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


class Series(NamedTuple):
    """A named line or layer of bars."""

    name: str
    points: Sequence[Point]


class Tick(NamedTuple):
    """A tick of an axis."""

    at: float  # x or y in the drawing
    text: str


class Rectangle(NamedTuple):
    """One bar of a layer, in the units of the drawing; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Chart(NamedTuple):
    """A chart as the template draws it."""

    title: str
    labels: tuple[str, str]  # of the x and of the y axis
    ticks: tuple[list[Tick], list[Tick]]
    names: list[str]  # of the lines or layers
    lines: list[str]  # SVG paths
    layers: list[list[Rectangle]]
    note: str = ""  # how to read it
    diagonal: bool = False  # from the lower left to the upper right: chance, or perfect calibration


def line_chart(title: str, axes: tuple[Axis, Axis], series: Sequence[Series]) -> Chart:
    """Return a chart with a line for each series; points that are not finite are left out."""
    paths = [_path(axes, one.points) for one in series]
    return _chart(title, axes, series)._replace(lines=paths)


def bar_chart(title: str, axes: tuple[Axis, Axis], series: Sequence[Series]) -> Chart:
    """Return a chart with the bars of all series stacked: at each x of all series, y high."""
    width = (RIGHT - LEFT) / max(1, *(len(one.points) for one in series))
    columns = zip(*(one.points for one in series), strict=True)
    stacks = [_stack(axes, column, width) for column in columns]
    layers = [list(layer) for layer in zip(*stacks, strict=True)]
    return _chart(title, axes, series)._replace(layers=layers)


def spanning(label: str, values: Sequence[Number], *, whole: bool = False) -> Axis:
    """Return an axis from the least to the greatest finite value; around a single one with room."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    room = 0.5 if whole else abs(high) / 2 or 1.0
    return (
        Axis(label, low, high, whole) if low < high else Axis(label, low - room, high + room, whole)
    )


def ticks(axis: Axis) -> list[float]:
    """Return about five round values, 1, 2 or 5 times a power of 10 apart (Heckbert 1990)."""
    rough = (axis.high - axis.low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough * 0.99)
    step = max(1.0, step) if axis.whole else step
    first, last = math.ceil(axis.low / step - 1e-6), math.floor(axis.high / step + 1e-6)
    return [number * step for number in range(first, last + 1)]


def _chart(title: str, axes: tuple[Axis, Axis], series: Sequence[Series]) -> Chart:
    marks = [
        [Tick(round(place(axis, value), 1), f"{round(value, 10):,.10g}") for value in ticks(axis)]
        for axis, place in zip(axes, (_across, _down), strict=True)
    ]
    labels = axes[0].label, axes[1].label
    return Chart(title, labels, (marks[0], marks[1]), [one.name for one in series], [], [])


def _stack(axes: tuple[Axis, Axis], column: Sequence[Point], width: float) -> list[Rectangle]:
    """Return the bars of one x from the lowest up, `width` wide less a gap of 1."""
    levels = [0.0, *accumulate(height for _, height in column)]
    edges = [_down(axes[1], level) for level in levels]
    left = round(_across(axes[0], column[0][0]) - width / 2, 1)
    return [
        Rectangle(left, round(top, 1), round(width - 1, 1), round(bottom - top, 1))
        for bottom, top in pairwise(edges)
    ]


def _path(axes: tuple[Axis, Axis], points: Sequence[Point]) -> str:
    """Return an SVG path; a single point becomes a dot, by the round ends of its stroke."""
    places = [
        f"{_across(axes[0], x):.1f},{_down(axes[1], y):.1f}"
        for x, y in points
        if math.isfinite(x) and math.isfinite(y)
    ]
    return f"M{'L'.join(places)}{'h0' * (len(places) == 1)}" if places else ""


def _across(axis: Axis, value: Number) -> float:
    return LEFT + axis.share(value) * (RIGHT - LEFT)


def _down(axis: Axis, value: Number) -> float:
    return BOTTOM - axis.share(value) * (BOTTOM - TOP)
