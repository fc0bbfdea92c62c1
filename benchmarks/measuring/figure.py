"""A figure that was measured several times, and how it is told."""

from statistics import mean, median, stdev
from typing import Annotated, Literal

from pydantic import Field

from stages.params import Params

TELLINGS = ("spread", "n", "min", "max")  # beside the figure itself


class Figure(Params):
    """All values of one figure; of a figure that was counted there is one."""

    what: str  # in the words of a table's row
    values: Annotated[tuple[float, ...], Field(min_length=1)]
    unit: str = ""
    decimals: Annotated[int, Field(ge=0, le=9)]
    center: Literal["median", "mean"] = "median"

    def middle(self) -> float:
        """Return the median, or the mean, of the values."""
        return (median if self.center == "median" else mean)(self.values)

    def told(self, telling: str = "") -> str:
        """Return the figure, or one of TELLINGS, as documents have it, without its unit."""
        if telling == "n":
            return str(len(self.values))
        if telling == "spread":
            return self._spread()
        numbers = {"": self.middle, "min": self.least, "max": self.most}
        return self._rounded(numbers[telling]())

    def whole(self) -> str:
        """Return the figure with its unit, and, where there are several values, their spread."""
        text = f"{self.told()} {self.unit}".rstrip()
        if len(self.values) == 1:
            return text
        return f"{text} {self._spread()}" if self.center == "mean" else f"{text} ({self._spread()})"

    def least(self) -> float:
        """Return the least value."""
        return min(self.values)

    def most(self) -> float:
        """Return the greatest value."""
        return max(self.values)

    def _spread(self) -> str:
        """Return the extremes of a median, the standard deviation of a mean."""
        if self.center == "median":
            return f"{self.told('min')} to {self.told('max')}"
        return f"± {self._rounded(stdev(self.values) if len(self.values) > 1 else 0.0)}"

    def _rounded(self, number: float) -> str:
        return f"{number:z,.{self.decimals}f}"
