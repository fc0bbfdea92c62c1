"""The trials of a study as a table for a terminal, the best first."""

from collections.abc import Iterator, Sequence

from tools.listing.blocks import Column, blocks
from tools.searching.ranking import RankedTrial, by_importance, parameters, ranked
from tools.searching.record import Found
from tools.searching.shortening import NONE, score_text, short_names, short_value, state_text

ROWS, FEW = 30, 15  # trials at most, in one block of columns or in each of several
WIDTH = 80  # of a log, and of a terminal that does not know its own


def trial_table(found: Found, width: int = WIDTH) -> Iterator[str]:
    """Yield the first trials with all parameters, the most important first.

    Where not all fit beside each other, the others follow below.
    """
    standings = ranked(found)
    for count in (ROWS, FEW):
        lines = [*blocks(_columns(found, standings[:count]), width)]
        if "" not in lines:  # between two blocks
            break
    yield from lines
    if len(standings) > count:
        yield f"... and {len(standings) - count} more"


def _columns(found: Found, shown: Sequence[RankedTrial]) -> list[Column]:
    names = short_names(parameters(found))
    return [
        Column("trial", [f"{one.trial.number} {one.role}".rstrip() for one in shown]),
        Column("state", [state_text(one.trial) for one in shown]),
        Column("score", [score_text(one.trial.score) for one in shown]),
        *(Column(names[key], [_value(one, key) for one in shown]) for key in by_importance(found)),
    ]


def _value(standing: RankedTrial, parameter: str) -> str:
    known = standing.values
    return short_value(known[parameter]) if parameter in known else NONE
