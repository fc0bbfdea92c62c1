"""The scales of a study: of its scores, and of each parameter."""

from collections.abc import Sequence

from stages.reporting.page import page
from tools.searching.ranking import drawn, values
from tools.searching.record import Found
from tools.searching.scales import Scale, categories, scale


def aim_scale(found: Found) -> tuple[Scale, bool]:
    """Return the scale of the scores, and whether it leaves the worst at its edge."""
    scores = [score for trial in found.trials if (score := drawn(trial)) is not None]
    return focused(page.label(found.aim), scores, maximize=found.maximize)


def parameter_scale(found: Found, name: str, label: str) -> Scale:
    """Return the scale of a parameter, over all values that it had."""
    known = [values(found, trial) for trial in found.trials]
    had = [one[name] for one in known if name in one]
    if name in found.chosen:
        return categories(label, had)
    return scale(label, had, log=name in found.logarithmic)


def focused(label: str, scores: Sequence[float], *, maximize: bool) -> tuple[Scale, bool]:
    """Return a scale of the scores, and whether it leaves the worst at its edge.

    It does so with those that are more than three times as far behind the median as the best is
    before it: one training that diverged would leave no room for the others.
    """
    ordered = sorted(scores, reverse=maximize)
    if not ordered:
        return scale(label, [0.0, 1.0]), False
    middle = ordered[len(ordered) // 2]
    limit = middle + 3 * (middle - ordered[0])
    kept = [one for one in ordered if (one >= limit if maximize else one <= limit)]
    if len(kept) == len(ordered) or ordered[0] == middle:
        return scale(label, ordered), False
    return scale(label, [*kept, limit])._replace(edge=limit), True
