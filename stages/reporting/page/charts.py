"""Charts as numbers: axes, lines, bars and ticks; a template makes them SVG."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

TICKS = 5  # about as many an axis

# To beartype an int is no float.
Number: TypeAlias = float | int


class Axis(NamedTuple):
    """What runs along an edge of a chart, and from where to where."""

    label: str
    low: Number
    high: Number
    whole: bool = False  # only whole numbers have a tick

    def share(self, value: Number) -> float:
        """Return where a value lies between low, 0, and high, 1; what is beyond stays there."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def spanning(label: str, values: Sequence[Number], *, whole: bool = False) -> Axis:
    """Return an axis on which all finite values are, with some room where they are all the same."""
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


WIDTH, HEIGHT = 400, 280  # of the drawing, in its own unit
LEFT, RIGHT, TOP, BOTTOM = 54, 390, 28, 236  # the edges of the plot in it

Point: TypeAlias = tuple[Number, Number]


class Series(NamedTuple):
    """A line or a layer of bars, under its name."""

    name: str
    points: Sequence[Point]


class Tick(NamedTuple):
    """A mark of an axis."""

    at: float
    text: str


class Rectangle(NamedTuple):
    """One bar of a layer, in the units of the drawing; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Chart(NamedTuple):
    """All that a template draws."""

    title: str
    labels: tuple[str, str]  # of the x and of the y axis
    ticks: tuple[list[Tick], list[Tick]]
    names: list[str]  # of lines or of layers of bars
    lines: list[str]  # SVG paths
    layers: list[list[Rectangle]]
    diagonal: bool = False  # from low left to high right: chance, or perfect calibration


def line_chart(title: str, axes: tuple[Axis, Axis], series: Sequence[Series]) -> Chart:
    """Draw a line for every series; points that are not finite are left out."""
    paths = [_path(axes, one.points) for one in series]
    return _chart(title, axes, series)._replace(lines=paths)


def bar_chart(title: str, axes: tuple[Axis, Axis], series: Sequence[Series]) -> Chart:
    """Stack the bars of all series; each stands at x, where all have one, and its height is y."""
    width = (RIGHT - LEFT) / max(1, *(len(one.points) for one in series))
    columns = zip(*(one.points for one in series), strict=True)
    stacks = [_stack(axes, column, width) for column in columns]
    layers = [list(layer) for layer in zip(*stacks, strict=True)]
    return _chart(title, axes, series)._replace(layers=layers)


def _chart(title: str, axes: tuple[Axis, Axis], series: Sequence[Series]) -> Chart:
    marks = [
        [Tick(round(place(axis, value), 1), f"{round(value, 10):,.10g}") for value in ticks(axis)]
        for axis, place in zip(axes, (_across, _down), strict=True)
    ]
    labels = axes[0].label, axes[1].label
    return Chart(title, labels, (marks[0], marks[1]), [one.name for one in series], [], [])


def _stack(axes: tuple[Axis, Axis], column: Sequence[Point], width: float) -> list[Rectangle]:
    """Return the bars that stand on each other at one x, `width` wide but for a gap."""
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
