"""Tell what a search found, as text for a terminal and as files."""

from collections.abc import Iterator
from pathlib import Path

from tools.searching.contrast import Comparison
from tools.searching.record import Found

FOLDER = Path("metrics")


def told(found: Found, comparison: Comparison | None = None) -> Iterator[str]:
    """Yield a table of the trials, the best with its settings, and what that means."""
    raise NotImplementedError


def write(found: Found, comparison: Comparison | None = None, root: Path = FOLDER) -> Path:
    """Write the numbers, the table and the page; return the path of the page."""
    raise NotImplementedError
