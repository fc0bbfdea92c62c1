"""The trials of a study as a table for a terminal, the best first."""

from collections.abc import Iterator, Sequence

from tools.comparing.verdict import aligned
from tools.searching.ranking import RankedTrial, by_importance, parameters, ranked
from tools.searching.record import Found
from tools.searching.shortening import NONE, cut, score_text, short_names, short_value, state_text

ROWS = 30  # trials at most
WIDTH = 80  # of a terminal


def trial_table(found: Found) -> Iterator[str]:
    """Yield the first trials, with as many parameters as fit, the most important first."""
    standings = ranked(found)
    shown, names = standings[:ROWS], short_names(parameters(found))
    columns = [
        _column("", [one.role for one in shown]),
        _column("trial", [str(one.trial.number) for one in shown]),
        _column("state", [state_text(one.trial) for one in shown]),
        _column("score", [score_text(one.trial.score) for one in shown]),
    ]
    left_out = list[str]()
    for parameter in by_importance(found):
        texts = [_value(one, parameter) for one in shown]
        column = _column(names[parameter], texts)
        if left_out or _width([*columns, column]) > WIDTH:
            left_out.append(names[parameter])
        else:
            columns.append(column)
    header, *rows = zip(*columns, strict=True)
    yield from aligned(header, rows)
    if len(standings) > ROWS:
        yield f"  ... and {len(standings) - ROWS} more"
    if left_out:
        yield cut(f"  not shown: {', '.join(left_out)}", WIDTH)


def _column(head: str, texts: Sequence[str]) -> list[str]:
    return [head, *texts]


def _width(columns: Sequence[Sequence[str]]) -> int:
    """Return how wide the table is: `aligned` puts two spaces before every column."""
    return sum(2 + max(map(len, column)) for column in columns)


def _value(standing: RankedTrial, parameter: str) -> str:
    known = standing.values
    return short_value(known[parameter]) if parameter in known else NONE
