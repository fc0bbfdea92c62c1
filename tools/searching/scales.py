"""The scale of a parameter or of a score: where a value lies on it, and its ticks."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from stages.pages.template import written
from stages.reporting.page.charts import Axis, spanning, ticks
from tools.searching.record import Value

EDGE = 0.04  # of the scale: free at both ends, so that no dot lies on an edge
LARGEST = 1e100  # of numbers on a scale: with larger ones, its arithmetic would overflow
TICKS = 6  # of a logarithmic scale at most
CLOSE = 0.07  # of the scale: two texts that near each other would touch


class Scale(NamedTuple):
    """A scale from 0 to 1."""

    label: str
    categories: Mapping[str, float]  # places by text; empty of a scale of numbers
    axis: Axis  # of the numbers, or of their decimal logarithms
    log: bool
    edge: float | None = None  # the number at which those beyond it lie, too: one end of the axis

    def share(self, value: Value) -> float | None:
        """Return the place of a value, or None of one that this scale does not have."""
        if self.categories:
            return self.categories.get(written(value))
        number = _number(value)
        if number is None or (self.log and number <= 0):
            return None
        return EDGE + (1 - 2 * EDGE) * self.axis.share(math.log10(number) if self.log else number)

    def ticks(self) -> list[tuple[float, str]]:
        """Return the places that have a text."""
        if self.categories:
            return [(place, text) for text, place in self.categories.items()]
        values = _round(self.axis) if self.log else ticks(self.axis)
        if self.edge is None:
            return [*self._placed(values)]
        span = self.axis.high - self.axis.low
        others = [value for value in values if abs(value - self.edge) > CLOSE * span]
        beyond = "≤" if self.edge == self.axis.low else "≥"
        places = [place for place, _ in self._placed([self.edge])]
        return [*((place, f"{beyond} {self.edge:.3g}") for place in places), *self._placed(others)]

    def _placed(self, values: Iterable[float]) -> Iterator[tuple[float, str]]:
        for value in values:
            if (place := self.share(value)) is not None:
                yield place, f"{value:.4g}"


def scale(label: str, values: Iterable[Value], *, log: bool = False) -> Scale:
    """Return a scale of numbers, or of categories where not all values are finite numbers."""
    listed = [*values]
    numbers = [number for value in listed if (number := _number(value)) is not None]
    if len(numbers) < len(listed):
        return categories(label, listed)
    if log and all(number > 0 for number in numbers):
        return Scale(label, {}, spanning(label, [math.log10(each) for each in numbers]), log=True)
    whole = all(isinstance(value, int) for value in listed)
    return Scale(label, {}, spanning(label, numbers, whole=whole), log=False)


def categories(label: str, values: Iterable[Value]) -> Scale:
    """Return a scale of categories, in their order: null, false, true, numbers, texts."""
    texts = dict.fromkeys(map(written, sorted(values, key=_order)))
    places = {text: (index + 0.5) / len(texts) for index, text in enumerate(texts)}
    return Scale(label, places, Axis(label, 0, 1), log=False)


def _round(axis: Axis) -> list[float]:
    """Return round values of a logarithmic axis: powers of 10, or 1, 2 and 5 times them."""
    powers = range(math.floor(axis.low), math.ceil(axis.high) + 1)
    for times in ((1,), (1, 2, 5)):
        every = [each * 10.0**power for power in powers for each in times]
        inside = [each for each in every if axis.low - 1e-9 <= math.log10(each) <= axis.high + 1e-9]
        if len(inside) > 2:
            return inside[:: -(-len(inside) // TICKS)]
    return inside if len(inside) > 1 else [10.0**axis.low, 10.0**axis.high]


def _number(value: Value) -> float | None:
    """Return a number that can be drawn, which true and false are not, nor 1e-300."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    drawable = not value or 1 / LARGEST <= abs(value) <= LARGEST
    return float(value) if drawable else None


def _order(value: Value) -> tuple[int, float, str]:
    """Return what orders categories: null, false, true, numbers, texts."""
    number = _number(value)
    if value is None or isinstance(value, bool):
        return (0, 0.0 if value is None else 1.0 + value, "")
    return (1, number, "") if number is not None else (2, 0.0, written(value))
