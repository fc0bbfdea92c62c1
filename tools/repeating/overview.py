"""The page metrics/repeat/report.html or metrics/folds/report.html, which needs no network."""

from collections.abc import Sequence
from pathlib import Path

from stages.pages.template import environment
from stages.reporting.page import page
from stages.reporting.page.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Chart,
    Series,
    line_chart,
    spanning,
)
from tools.repeating.overall import Overall

FOLDERS = [Path(__file__).parent, Path(page.__file__).parent]  # of templates
FRAME = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP}


def render(overall: Overall, meaning: str) -> str:
    """Return the page as HTML; all text is escaped."""
    pages = environment(*FOLDERS)
    pages.filters["label"] = page.label
    return pages.get_template("overview.html").render(
        overall=overall,
        meaning=meaning,
        charts=[strip(overall, name) for name in overall.spreads],
        frame=FRAME | {"bottom": BOTTOM},
    )


def strip(overall: Overall, score: str) -> Chart:
    """Return a chart with a dot a run, a line at the mean, and one at each end of the interval."""
    found = overall.spreads[score]
    values = [run.scores[score] for run in overall.runs]
    ends = (-0.5, len(values) - 0.5)
    axes = (
        spanning(overall.what, ends, whole=True),
        spanning(page.label(score), [*values, found.low, found.high]),
    )
    dots = [Series("", [point]) for point in enumerate(values)]
    levels = [("mean", found.mean), ("95 % interval", found.low), ("", found.high)]
    lines = [Series(name, [(end, level) for end in ends]) for name, level in levels]
    made = line_chart(page.label(score), axes, [*dots, *lines])
    names = [overall.what, *(name for name, _ in levels if name)]
    return made._replace(names=names, lines=_joined(made.lines, len(values)))


def _joined(paths: Sequence[str], dots: int) -> list[str]:
    """Join the paths of all dots, and of both ends of the interval, to have one colour each."""
    mean, *ends = paths[dots:]
    return ["".join(paths[:dots]), mean, "".join(ends)]
