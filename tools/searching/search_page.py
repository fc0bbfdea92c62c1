"""The page metrics/search/report.html, which needs no network."""

from pathlib import Path
from typing import NamedTuple

from stages.pages.template import environment
from stages.reporting.page import page
from stages.reporting.page.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from tools.searching import parallel
from tools.searching.contrast import Comparison, plain, verdict_lines, warnings
from tools.searching.ranking import by_importance, counts, parameters, ranked, values
from tools.searching.record import Found, Value
from tools.searching.search_charts import curves, history, slices
from tools.searching.shortening import score_text, short_names, short_value, state_text

FOLDERS = [Path(__file__).parent, Path(page.__file__).parent]  # of templates
FRAME = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP}


class SearchedParameter(NamedTuple):
    """A parameter as the page tells of it."""

    name: str
    range: str
    default: list[Value]  # none, where it is not known
    best: list[Value]
    importance: float | None


def render(found: Found, comparison: Comparison | None) -> str:
    """Return the page as HTML; all text is escaped."""
    pages = environment(*FOLDERS)
    pages.filters |= {"label": page.label, "score": score_text, "short": short_value}
    pages.filters["state"] = state_text
    trends = [history(found), curves(found)]
    cuts = [*slices(found)]
    return pages.get_template("search_page.html").render(
        found=found,
        counts=counts(found),
        comparison=comparison,
        verdict=verdict_lines(comparison) if comparison else [],
        plain=plain(found, comparison),
        warnings=[*warnings(found, comparison)],
        settings=settings(found),
        names=short_names(parameters(found)),
        standings=ranked(found),
        trends=[plot.chart for plot in trends],
        slices=[plot.chart for plot in cuts],
        beyond=any(plot.beyond for plot in [*trends, *cuts]),
        parallel=parallel.parallel(found),
        poles=(parallel.TOP, parallel.BOTTOM, parallel.HEIGHT),
        frame=FRAME | {"bottom": BOTTOM},
    )


def settings(found: Found) -> list[SearchedParameter]:
    """Return the parameters, the most important first."""
    best = {} if found.best is None else values(found, found.best)
    return [
        SearchedParameter(
            name,
            found.ranges.get(name, ""),
            [found.given[name]] if name in found.given else [],
            [best[name]] if name in best else [],
            found.importance.get(name),
        )
        for name in by_importance(found)
    ]
