"""Report all problems of a source at once, with the names of its files escaped."""

from collections.abc import Sequence

from reprise.escaping import printable
from stages.errors import UserError

MAX_LINES = 20  # lines of a report; what follows is like them
MAX_LENGTH = 500  # characters of a line


def raise_problems(heading: str, problems: Sequence[str]) -> None:
    """Report all problems, one a line, if there are any.

    Raises:
        UserError: there are.
    """
    if problems:
        more = [f"... and {len(problems) - MAX_LINES:,} more"] if len(problems) > MAX_LINES else []
        raise UserError("\n".join([heading, *map(excerpt, problems[:MAX_LINES]), *more]))


def excerpt(text: str) -> str:
    """Return a text of the data as a part of one line: nothing in it can end or hide the line."""
    cut = text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}..."
    return printable(cut)
