"""Two scales, and what is drawn between them, for the template page.chart.html."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from stages.reporting.page.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Axis,
    Chart,
    Point,
    Series,
    Tick,
    line_chart,
)
from tools.searching.record import Value
from tools.searching.scales import Scale
from tools.searching.shortening import cut

# Marks, as what follows their place in an SVG path.
DOT, CROSS, PLUS = "h0", "m-4,-4l8,8m-8,0l8,-8", "m-5,0h10m-5,-5v10"
SQUARE, DIAMOND = "m-5,-5h10v10h-10z", "m0,-7l7,7l-7,7l-7,-7z"
LETTERS = 54  # of all categories below a chart

Place: TypeAlias = tuple[Value, Value]


class Canvas(NamedTuple):
    """The two scales of a chart."""

    across: Scale
    down: Scale

    def marks(self, places: Iterable[Place], shape: str) -> str:
        """Return an SVG path with a mark at each place."""
        return "".join(
            f"M{LEFT + x * (RIGHT - LEFT):.1f},{BOTTOM - y * (BOTTOM - TOP):.1f}{shape}"
            for x, y in self._points(places)
        )

    def lines(self, curves: Iterable[Iterable[Place]]) -> str:
        """Return an SVG path with a line through each curve."""
        unit = Axis("", 0, 1), Axis("", 0, 1)
        series = [Series("", [*self._points(curve)]) for curve in curves]
        return "".join(line_chart("", unit, series).lines)

    def chart(self, title: str, paths: Sequence[str], names: Sequence[str] = ()) -> Chart:
        """Return a chart of these paths."""
        room = max(3, LETTERS // max(1, len(self.across.categories)))
        across = [
            Tick(round(LEFT + place * (RIGHT - LEFT), 1), cut(text, room))
            for place, text in self.across.ticks()
        ]
        down = [
            Tick(round(BOTTOM - place * (BOTTOM - TOP), 1), text)
            for place, text in self.down.ticks()
        ]
        labels = self.across.label, self.down.label
        return Chart(title, labels, (across, down), [*names], [*paths], [])

    def _points(self, places: Iterable[Place]) -> Iterator[Point]:
        for x, y in places:
            across, down = self.across.share(x), self.down.share(y)
            if across is not None and down is not None:
                yield across, down
