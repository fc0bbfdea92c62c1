"""Try to make the file of a format, and keep the reason where that fails."""

from collections.abc import Callable, Sequence
from textwrap import shorten
from typing import NamedTuple

from reprise.escaping import printable
from reprise.shortage import lacking
from stages.artifacts.portable import Figures
from stages.errors import UserError
from stages.exporting.formats import Formats

LONGEST = 200  # letters of a reason


class Made(NamedTuple):
    """A file, and how it compared."""

    name: str  # of the format
    file: str
    content: bytes  # none where the format cannot express the network, or is too far from it
    figures: Figures


def attempt(names: tuple[str, str], make: Callable[[], tuple[bytes, Figures]]) -> Made:
    """Make a file of a format and a name; without one, the figures have the reason.

    Raises:
        Exception: the machine lacks memory or the like, which says nothing of the format.
    """
    try:
        content, figures = make()
    except Exception as error:  # exporters raise almost anything
        if lacking(error):
            raise
        return Made(*names, b"", {"unsupported": _reason(error)})
    return Made(*names, content, {**figures, "bytes": len(content)} if content else figures)


def settle(made: Sequence[Made], params: Formats) -> None:
    """Check that what was made is enough.

    Raises:
        UserError: nothing was made, or not all where the user asked for all; each failure has a
            line.
    """
    failed = [one for one in made if not one.content]
    if failed and (params.on_unsupported == "fail" or len(failed) == len(made)):
        skip = ", or set export.on_unsupported to skip" if len(failed) < len(made) else ""
        raise UserError("\n".join(f"params.yaml: {_complaint(one)}{skip}" for one in failed))


def _complaint(one: Made) -> str:
    """Say what went wrong with a format, and the remedies."""
    if refused := one.figures.get("refused"):
        return f"{refused}; raise it, or leave {one.name} out of export.formats"
    reason = one.figures["unsupported"]
    return f"export cannot make {one.name} of this network ({reason}); leave it out"


def _reason(error: BaseException) -> str:
    """Return the first line of the first error; those that follow from it say less."""
    while cause := error.__cause__:
        error = cause
    lines = (line.strip() for line in str(error).splitlines())
    first = next(filter(None, lines), type(error).__name__)
    return shorten(printable(first), LONGEST, placeholder=" ...")
