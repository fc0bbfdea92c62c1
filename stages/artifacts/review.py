"""Artifacts `metrics/inspect.json` and those in `metrics/inspect`: what a person should look at.

`review.csv` has a row for each image and reason, by kind, the worst first; `decision` is for the
person to write `exclude`, `keep`, or the name of a class, and has what was decided before.
`report.html` shows them. Text in the table is escaped as in all tables for people:
`reprise.escaping.cell` of a path says which image it names.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from stages import files

COUNTS = Path("metrics/inspect.json")
TABLE = Path("metrics/inspect/review.csv")
PAGE = Path("metrics/inspect/report.html")
ANEW = " (anew)"  # after a split: not the one that the image was published in


class Row(NamedTuple):
    """An image, and a reason to look at it."""

    path: str  # in the source
    split: str
    label: str
    finding: str
    score: float  # in [0, 1]: the higher, the surer or the worse
    suggestion: str  # class that it may be, or empty
    other: str  # path of the image that it is like, or empty
    decision: str = ""  # for the person, or of an earlier review


def write(rows: Iterable[Row], counts: Mapping[str, object], root: Path = Path()) -> None:
    """Write the table, and what there is of each finding."""
    files.write_csv(root / TABLE, Row._fields, rows)
    files.write_metrics(root / COUNTS, {**counts})


def write_page(html: str, root: Path = Path()) -> None:
    """Write the page, as HTML."""
    with files.replacing(root / PAGE) as partial:
        partial.write_text(html, encoding="utf-8", newline="\n")
