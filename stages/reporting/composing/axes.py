"""From values to places along an axis, and the round values that are marked on it."""

import math
from collections.abc import Sequence
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
