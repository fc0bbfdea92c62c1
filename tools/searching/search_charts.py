"""The charts of a search: history, curves by epoch, and a slice a parameter.

A layer of a chart has the same place in all of them, and by it its style in search_page.css:
complete, best so far, pruned, failed, default, best; then the ends of curves that end early.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import isfinite
from typing import NamedTuple

from stages.reporting.page import page
from stages.reporting.page.charts import Chart
from tools.searching.axes import aim_scale, focused, parameter_scale
from tools.searching.canvas import CROSS, DIAMOND, DOT, PLUS, SQUARE, Canvas, Place
from tools.searching.ranking import STATES, counts, drawn, grouped, parameters, values
from tools.searching.record import Found, SearchTrial
from tools.searching.scales import scale
from tools.searching.shortening import short_names

POINTS = 100  # of a curve, at most


class Plot(NamedTuple):
    """A chart, and whether it leaves the worst at its edge."""

    chart: Chart
    beyond: bool


def history(found: Found) -> Plot:
    """Return the score of each trial and the best so far; trials without a score at the edge."""
    down, beyond = aim_scale(found)
    numbers = [trial.number for trial in found.trials] or [0]
    canvas, groups = Canvas(scale("trial", numbers), down), grouped(found)
    edge = down.axis.low if found.maximize else down.axis.high
    lost = [[(one.number, edge) for one in group] for group in (groups.pruned, groups.failed)]
    paths = [
        canvas.marks(_by_number(groups.complete), DOT),
        canvas.lines([_best_so_far(found, max(numbers))]),
        canvas.marks(lost[0], CROSS),
        canvas.marks(lost[1], PLUS),
        canvas.marks(_by_number(groups.default), SQUARE),
        canvas.marks(_by_number(groups.best), DIAMOND),
    ]
    return Plot(canvas.chart("Score by trial", paths, _legend(found, "best so far")), beyond)


def curves(found: Found) -> Plot:
    """Return the curves of all trials by epoch, with a mark where one ends early."""
    every = [score for trial in found.trials for score in trial.curve if isfinite(score)]
    down, beyond = focused(page.label(found.aim), every, maximize=found.maximize)
    longest = max((len(trial.curve) for trial in found.trials), default=0)
    canvas, groups = Canvas(scale("epoch", [1, max(2, longest)]), down), grouped(found)
    lines = [canvas.lines(map(_curve, group)) for group in groups]
    pruned, failed = (
        [end for one in group for end in _curve(one)[-1:]]
        for group in (groups.pruned, groups.failed)
    )
    ends = [canvas.marks(pruned, CROSS), canvas.marks(failed, PLUS)]
    paths = [lines[0], "", *lines[1:], *ends]
    title = f"{page.label(found.aim)} by epoch"
    return Plot(canvas.chart(title, paths, _legend(found, "")), beyond)


def slices(found: Found) -> Iterator[Plot]:
    """Yield the score of each complete trial by the value of a parameter, for each of these."""
    down, beyond = aim_scale(found)
    groups = grouped(found)
    for name, label in short_names(parameters(found)).items():
        canvas = Canvas(parameter_scale(found, name, label), down)
        dots, squares, diamonds = (
            canvas.marks([*_by_value(found, group, name)], shape)
            for group, shape in (
                (groups.complete, DOT),
                (groups.default, SQUARE),
                (groups.best, DIAMOND),
            )
        )
        yield Plot(canvas.chart(label, [dots, "", "", "", squares, diamonds]), beyond)


def _legend(found: Found, line: str) -> list[str]:
    """Return a name a layer, the marks of ends left out."""
    number = counts(found)
    states = [f"{number[state]} {state}" for state in STATES]
    return [states[0], line, *states[1:], "default", "best"]


def _by_number(trials: Sequence[SearchTrial]) -> list[Place]:
    return [(trial.number, trial.score) for trial in trials]


def _by_value(found: Found, trials: Sequence[SearchTrial], name: str) -> Iterator[Place]:
    for trial in trials:
        known = values(found, trial)
        if name in known:
            yield known[name], trial.score


def _curve(trial: SearchTrial) -> list[Place]:
    """Return the score after each epoch, of a long training after every so many and the last."""
    every = [*enumerate(trial.curve, 1)]
    step = -(-len(every) // POINTS) or 1
    return [*every[:-1:step], *every[-1:]]


def _best_so_far(found: Found, last: int) -> list[Place]:
    """Return the corners of a line that steps up, or down, where a trial is the best so far."""
    scored = sorted(
        (one.number, score) for one in found.trials if (score := drawn(one)) is not None
    )
    best = accumulate((score for _, score in scored), max if found.maximize else min)
    steps = [(number, score) for (number, _), score in zip(scored, best, strict=True)]
    ends = [*(number for number, _ in steps), last][1:]
    return [
        corner
        for (start, score), end in zip(steps, ends, strict=True)
        for corner in ((start, score), (end, score))
    ]
