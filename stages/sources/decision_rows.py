"""Parse the rows of a table of decisions about images.

A table with a column `decision` is a review: `exclude`, `keep`, nothing, or the class that the
image is of. Without it, each row stands for an image to leave out, or to give another label.
"""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from stages.artifacts.review import ANEW
from stages.sources import split_names
from stages.sources.cells import TextTable
from stages.sources.class_names import normalize_name
from stages.sources.reports import excerpt, raise_problems

PATH, SPLIT, LABEL, DECISION, FINDING = "path", "split", "label", "decision", "finding"
EXCLUDE, KEEP = "exclude", "keep"

Row = dict[str, str]  # the cells that matter here, by column


class Ruling(NamedTuple):
    """One decision about an image: its new label, or to leave it out."""

    place: str  # table and row
    path: str
    label: str | None  # the one it gets, as the table spells it; None: it is left out
    split: str = ""  # train, val or test, where the table tells
    former: str = ""  # the label that it has, where the table tells
    keeps: bool = False  # whether it stays as it is, and no other row may say otherwise
    table: str = ""

    @property
    def wish(self) -> str:
        """The decision as a verb for a message, as `leaves it out`."""
        if self.keeps:
            return "keeps it"
        return "leaves it out" if self.label is None else f"calls it {self.label}"


def reviewed(location: str, table: TextTable, classes: Collection[str]) -> list[Ruling]:
    """Return the decisions of a review of images of these classes; an empty one is none.

    Raises:
        UserError: a column is missing, or cells are not understood.
    """
    names = {name.casefold() for name in classes}

    def parse(place: str, row: Row) -> Ruling | None:
        word = normalize_name(row[DECISION]).casefold()
        if word in {EXCLUDE, KEEP} & names:
            raise ValueError(
                f"{word} is a class, too; leave the cell empty to keep the image, and name it "
                f"in a table without {DECISION}: of {PATH} and {LABEL} for download.relabel, or "
                f"of {PATH} for download.exclude"
            )
        if not word:
            return None
        label = None if word in {EXCLUDE, KEEP} else row[DECISION]
        made = _decision(place, row, label)
        return made._replace(former=row.get(LABEL, ""), keeps=word == KEEP)

    return _parse(location, table, [PATH, DECISION], parse)


def excluded(location: str, table: TextTable) -> list[Ruling]:
    """Return a decision to leave an image out for each row; a label there must be the image's.

    Raises:
        UserError: as above.
    """

    def parse(place: str, row: Row) -> Ruling:
        return _decision(place, row, None)._replace(former=row.get(LABEL, ""))

    return _parse(location, table, [PATH], parse)


def relabelled(location: str, table: TextTable) -> list[Ruling]:
    """Return a decision to give an image another label for each row.

    Raises:
        UserError: as above.
    """

    def parse(place: str, row: Row) -> Ruling:
        if not normalize_name(row[LABEL]):
            raise ValueError("the label is empty")
        return _decision(place, row, row[LABEL])

    return _parse(location, table, [PATH, LABEL], parse)


def _parse(
    location: str,
    table: TextTable,
    wanted: Sequence[str],
    parse: Callable[[str, Row], Ruling | None],
) -> list[Ruling]:
    """Parse all rows, and report all that are not understood at once."""
    at = _columns(location, table.columns, wanted)
    raise_problems(
        f"{location}: rows of fewer cells than the header's {len(table.columns)}, in which one may "
        "be in the column of another; write a separator for each empty cell, too:",
        table.short,
    )
    found, problems = list[Ruling](), list[str]()
    for place, cells in table.rows:
        try:
            row = {name: cells[n].strip() for name, n in at.items()}
            if decision := parse(f"{location}: {place}", row):
                found.append(decision)
        except ValueError as error:
            problems.append(f"{place}: {error}")
    raise_problems(f"{location}: rows that are not understood; mend them:", problems)
    return found


def _columns(location: str, columns: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Return where each column that matters here is."""
    at = {name: columns.index(name) for name in (PATH, SPLIT, LABEL, DECISION) if name in columns}
    twice = [name for name in at if columns.count(name) > 1]
    raise_problems(f"{location}: two columns of one name; take one away:", twice)
    there = ", ".join(map(excerpt, columns[:10]))
    lacking = [name for name in wanted if name not in at]
    raise_problems(f"{location}: has the columns {there}; add those that are missing:", lacking)
    return at


def _decision(place: str, row: Row, label: str | None) -> Ruling:
    """Return the decision of a row.

    Raises:
        ValueError: it names no image, or a split that is none.
    """
    if not row[PATH]:
        raise ValueError("the path is empty")
    said = row.get(SPLIT, "")
    if said.endswith(ANEW):  # it does not tell which of several images of a path is meant
        said = ""
    split = split_names.exact_split(said)
    if said and not split:
        raise ValueError(f"split {said} is unknown; it must be train, val or test, or be empty")
    return Ruling(place, row[PATH], label, split)
