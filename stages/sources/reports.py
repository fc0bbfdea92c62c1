"""Report all problems of a source at once, with the names of its files escaped."""

from collections.abc import Sequence

from reprise.escaping import printable
from stages.errors import UserError

SHOWN = 20  # lines of a report; what follows is like them
LONGEST = 500  # characters of a line


def complain(heading: str, problems: Sequence[str]) -> None:
    """Report all problems, one a line, if there are any.

    Raises:
        UserError: there are.
    """
    if problems:
        more = [f"... and {len(problems) - SHOWN:,} more"] if len(problems) > SHOWN else []
        raise UserError("\n".join([heading, *map(shown, problems[:SHOWN]), *more]))


def shown(text: str) -> str:
    """Return a text of the data as a part of one line: nothing in it can end or hide the line."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return printable(cut)
