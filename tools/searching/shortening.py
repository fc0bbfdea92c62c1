"""Parameters, their values and scores in the width that a table or an axis has for them."""

import math
from collections import Counter
from collections.abc import Iterable

from reprise.escaping import printable
from stages.pages.template import written
from tools.searching.record import SearchTrial, Value

NAME, VALUE = 18, 14  # letters of a column at most
NONE = "\N{EN DASH}"  # where there is no value


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return the last part of each dotted name, or all of it where two have the same last part."""
    listed = [*names]
    last = Counter(_last(name) for name in listed)
    return {
        name: cut(_last(name) if last[_last(name)] == 1 else printable(name), NAME)
        for name in listed
    }


def short_value(value: Value, width: int = VALUE) -> str:
    """Return a value as params.yaml has it, a number to four digits, text cut to a width."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.4g}"
    return cut(printable(written(value)), width)


def score_text(score: float | None) -> str:
    """Return a score to four decimals, or a very small or large one to four digits."""
    if score is None:
        return NONE
    return f"{score:.4f}" if score == 0 or 1e-3 <= abs(score) < 1e5 else f"{score:.4g}"


def state_text(trial: SearchTrial) -> str:
    """Return the state of a trial; of a pruned one with the last epoch that it ended."""
    return f"pruned after {len(trial.curve)}" if trial.state == "pruned" else trial.state


def cut(text: str, width: int) -> str:
    """Return the text, or its beginning with an ellipsis."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _last(name: str) -> str:
    return printable(name.rpartition(".")[2] or name)
