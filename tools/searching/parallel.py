"""Parallel coordinates: an axis a parameter and one of the score, a line a trial through them."""

from collections.abc import Sequence
from typing import NamedTuple

from tools.searching.axes import aim_scale, parameter_scale
from tools.searching.ranking import RankedTrial, by_importance, drawn, ranked
from tools.searching.record import Found
from tools.searching.scales import Scale
from tools.searching.shortening import cut, score_text, short_names, short_value, state_text

HEIGHT, TOP, BOTTOM = 340, 34, 326  # of the drawing and of its axes, in units of the SVG
LEFT, APART, RIGHT = 10, 130, 120  # before the first axis, between two, after the last
LETTERS = 15  # of a tick


class Pole(NamedTuple):
    """An axis of the drawing."""

    x: int
    label: str
    ticks: list[tuple[float, str]]  # y and text


class Strand(NamedTuple):
    """The line of a trial."""

    path: str
    state: str
    role: str  # `best`, `default`, both or neither
    share: float | None  # of the complete trials that it is no worse than, from 0 to 1
    text: str


class Parallel(NamedTuple):
    """The drawing."""

    width: int
    poles: list[Pole]
    strands: list[Strand]  # the best last, on top of all others


def parallel(found: Found) -> Parallel:
    """Return the drawing; the most important parameter is beside the score."""
    shown = [*reversed(by_importance(found))]
    names = short_names(shown)
    scales = [parameter_scale(found, name, names[name]) for name in shown]
    scales.append(aim_scale(found)[0])
    poles = [
        Pole(_x(index), one.label, [(_y(place), cut(text, LETTERS)) for place, text in one.ticks()])
        for index, one in enumerate(scales)
    ]
    standings = [one for one in reversed(ranked(found)) if one.trial.state != "failed"]
    levels = sorted({score for one in standings if (score := drawn(one.trial)) is not None})
    worths = levels if found.maximize else levels[::-1]
    strands = [_strand(one, [*zip([*shown, ""], scales, strict=True)], worths) for one in standings]
    return Parallel(_x(len(shown)) + RIGHT, poles, strands)


def _strand(
    standing: RankedTrial, axes: Sequence[tuple[str, Scale]], worths: Sequence[float]
) -> Strand:
    """Return the line of a trial, with a gap where it has no value; worths are the scores."""
    known, score = standing.values, drawn(standing.trial)
    places = [
        one.share(known[name]) if name in known else one.share(score) if not name else None
        for name, one in axes
    ]
    share = None if score is None else worths.index(score) / max(1, len(worths) - 1)
    trial = standing.trial
    head = f"trial {trial.number}, {state_text(trial)}, {score_text(score)}"
    settings = (f"{name} {short_value(value)}" for name, value in known.items())
    text = f"{head}: {', '.join(settings)}"
    return Strand(_path(places), trial.state, standing.role, share, text)


def _path(places: Sequence[float | None]) -> str:
    """Return an SVG path through the places, one a pole; alone between gaps, one is a dot."""
    parts = list[list[str]]([[]])
    for index, place in enumerate(places):
        if place is None:
            parts.append([])
        else:
            parts[-1].append(f"{_x(index)},{_y(place)}")
    return "".join(f"M{'L'.join(part)}{'h0' * (len(part) == 1)}" for part in parts if part)


def _x(index: int) -> int:
    return LEFT + index * APART


def _y(place: float) -> float:
    return round(BOTTOM - place * (BOTTOM - TOP), 1)
