"""A file that was made, or the reason why its format cannot express the network."""

from collections.abc import Callable
from textwrap import shorten
from typing import NamedTuple

from stages.artifacts.portable import Figures
from stages.errors import UserError, exhausted
from stages.exporting.formats import Formats

LONGEST = 200  # letters of a reason


class Made(NamedTuple):
    """A file, and how it compared."""

    name: str  # of the format
    file: str
    content: bytes  # none where the format cannot express the network
    figures: Figures


def attempt(
    names: tuple[str, str], make: Callable[[], tuple[bytes, Figures]], params: Formats
) -> Made:
    """Make a file of a format and a name; report it where the format does not allow it.

    Raises:
        UserError: as `files` does.
    """
    try:
        content, figures = make()
    except UserError:
        raise
    except Exception as error:  # exporters raise almost anything
        if exhausted(error):  # which says nothing of the format
            raise
        reason = _reason(error)
        if params.on_unsupported == "fail":
            raise UserError(
                f"params.yaml: export cannot make {names[0]} of this network ({reason}); leave it "
                "out, or set export.on_unsupported to skip"
            ) from error
        return Made(*names, b"", {"unsupported": reason})
    return Made(*names, content, {**figures, "bytes": len(content)})


def _reason(error: BaseException) -> str:
    """Return the first line of the first error; those that follow from it say less."""
    while cause := error.__cause__:
        error = cause
    lines = (line.strip() for line in str(error).splitlines())
    return shorten(next(filter(None, lines), type(error).__name__), LONGEST, placeholder=" ...")
