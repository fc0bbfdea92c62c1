"""The order in which experiments are listed, and the line above the list that tells it."""

from collections.abc import Iterable, Iterator, Sequence

from tools.listing.differing import NONE, ExperimentRow

SPLIT = "evaluate.split"
LOW = {"loss"}  # scores of which the lowest is the best
INDENT = " "  # begins the name of an experiment, and of no commit


def ordered(rows: Iterable[ExperimentRow], score: str | None) -> list[ExperimentRow]:
    """Return commits as they come, and below each its experiments, by a score the best first.

    Those without the score come last; without a name of one, all stay as they are.
    """
    return [row for group in _groups(rows) for row in _ordered(group, score)]


def heading(rows: Sequence[ExperimentRow], score: str | None) -> str:
    """Return which split the scores are of, the order, and what a hyphen means."""
    splits = sorted({row.params[SPLIT] for row in rows if SPLIT in row.params})
    of = splits[0] if len(splits) == 1 else f"{SPLIT}, which differs"
    order = f"best {score} first" if score else "newest first"
    return f"Scores of {of}; {order}; {NONE} is no score, or a parameter that was not there."


def _groups(rows: Iterable[ExperimentRow]) -> Iterator[list[ExperimentRow]]:
    group = list[ExperimentRow]()
    for row in rows:
        if group and not row.name.startswith(INDENT):
            yield group
            group = []
        group.append(row)
    yield group


def _ordered(group: list[ExperimentRow], score: str | None) -> list[ExperimentRow]:
    if score is None:
        return group
    sign = 1 if score in LOW else -1

    def place(row: ExperimentRow) -> tuple[bool, float]:
        known = score in row.scores
        return not known, sign * float(row.scores[score]) if known else 0.0

    commit = [row for row in group if not row.name.startswith(INDENT)]
    return commit + sorted((row for row in group if row.name.startswith(INDENT)), key=place)
