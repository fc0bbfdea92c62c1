"""The trials of a study in their order, and the parameters that they set."""

import math
from typing import NamedTuple

from tools.searching.record import Found, SearchTrial, Value

STATES = ("complete", "pruned", "failed")


class RankedTrial(NamedTuple):
    """A trial among the others."""

    trial: SearchTrial
    role: str  # `best`, `default` (which may be both), or empty
    values: dict[str, Value]  # by dotted parameter, those that it left as they were included


class Drawn(NamedTuple):
    """The trials by how they are drawn; each is in one group."""

    complete: list[SearchTrial]
    pruned: list[SearchTrial]
    failed: list[SearchTrial]
    default: list[SearchTrial]  # empty if it is the best, or not complete
    best: list[SearchTrial]


def parameters(found: Found) -> list[str]:
    """Return the parameters that any trial set: first those with a range, in its order."""
    ranged = [*found.ranges]
    others = {name for trial in found.trials for name in trial.settings} - {*ranged}
    return ranged + sorted(others)


def by_importance(found: Found) -> list[str]:
    """Return the parameters, the most important first."""
    return sorted(parameters(found), key=lambda name: -found.importance.get(name, 0.0))


def values(found: Found, trial: SearchTrial) -> dict[str, Value]:
    """Return the values of a trial: those that it set, else those of params.yaml, if known."""
    known = {**found.given, **trial.settings}
    return {name: known[name] for name in parameters(found) if name in known}


def ranked(found: Found) -> list[RankedTrial]:
    """Return all trials: the complete from the best on, then the pruned and failed by number."""
    sign = -1 if found.maximize else 1

    def place(trial: SearchTrial) -> tuple[int, float, int]:
        score = drawn(trial)
        worth = math.inf if score is None else sign * score
        return STATES.index(trial.state), worth, trial.number

    ordered = sorted(found.trials, key=place)
    return [RankedTrial(trial, role(found, trial), values(found, trial)) for trial in ordered]


def role(found: Found, trial: SearchTrial) -> str:
    """Return whether a trial is the best, the default, both, or neither."""
    roles = {"best": found.best, "default": found.default}
    return ", ".join(name for name, one in roles.items() if one and one.number == trial.number)


def counts(found: Found) -> dict[str, int]:
    """Return the number of trials of each state."""
    states = [str(trial.state) for trial in found.trials]
    return {state: states.count(state) for state in STATES}


def grouped(found: Found) -> Drawn:
    """Return the trials by how they are drawn: the best as such, even where it is the default."""
    groups = Drawn([], [], [], [], [])
    for trial in found.trials:
        if found.best is not None and trial.number == found.best.number:
            groups.best.append(trial)
        elif found.default is not None and trial.number == found.default.number:
            groups.default.append(trial)
        else:
            groups[STATES.index(trial.state)].append(trial)
    return groups


def drawn(trial: SearchTrial) -> float | None:
    """Return the score of a trial that came to one, and to a finite one."""
    score = trial.score if trial.state == "complete" else None
    return score if score is not None and math.isfinite(score) else None
