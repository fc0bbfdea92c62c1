"""Tables of pictures: a column with their paths or addresses, and perhaps one with their labels."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from reprise.directory import Failure, Source
from reprise.escaping import first_line, printable
from reprise.shortage import lacking
from reprise.sourcing import online
from reprise.sourcing.nearby import Nearby

ENDINGS = (".csv", ".tsv")
FILES = ("file", "path", "filename", "file_name", "filepath", "file_path", "image", "image_path",
         "url")  # fmt: skip
LABELS = ("label", "class", "target")
NAMED = 10  # columns in a message
LONGEST = 4096  # letters of a path: no system takes more
SHOWN = 40  # of a longer one, in a message
Row = tuple[str, Sequence[str]]  # where it is, in words, and its cells


class PictureColumns(NamedTuple):
    """The names of the columns to read; None: the first of those that tables mostly have."""

    file: str | None = None
    label: str | None = None


class Listing(NamedTuple):
    """A table that lists pictures."""

    path: Path
    name: str  # that the user knows it by
    wanted: PictureColumns


def pictures(listing: Listing) -> Iterator[Source | Failure]:
    """Yield the picture of each row of a CSV or TSV file."""
    try:
        with listing.path.open(encoding="utf-8-sig", newline="") as text:
            header, rows = _read(text, listing.path)
            yield from listed(rows, header, listing)
    except Exception as error:  # text of another encoding, and the like
        if lacking(error):
            raise
        yield Failure(listing.name, f"is no table of text in UTF-8 ({first_line(error)})")


def _read(text: TextIO, path: Path) -> tuple[list[str], Iterator[Row]]:
    start = text.readline()
    text.seek(0)
    separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=start.count)
    rows = csv.reader(text, delimiter=separator, strict=True)
    header = [cell.strip() for cell in next(rows, [])]
    return header, ((f"line {rows.line_num}", row) for row in rows if any(row))


def listed(
    rows: Iterable[Row], header: Sequence[str], listing: Listing
) -> Iterator[Source | Failure]:
    """Yield the pictures that rows name by their path from the table, or by an address."""
    try:
        file, label = places(header, listing.wanted)
    except ValueError as error:
        columns = ", ".join(map(printable, header[:NAMED])) or "none"
        yield Failure(listing.name, f"{error}; --file-column names one of its columns: {columns}")
        return
    files, count = Nearby(listing.path.parent), 0
    for count, (where, row) in enumerate(rows, start=1):  # noqa: B007
        said = row[file].strip() if len(row) == len(header) else ""
        if not said:
            told = f"has {len(row)} cells of {len(header)}, or none with a file"
            yield Failure(f"{listing.name}: {where}", told)
            continue
        away = online.is_address(said)
        if len(said) > LONGEST and not away:
            told = f"names no file: {printable(said[:SHOWN])}… has {len(said):,} letters"
            yield Failure(f"{listing.name}: {where}", told)
            continue
        data = online.fetch(said) if away else files.find(_path(said))
        name = online.public(said) if away else said
        yield Source(name, data, None if label is None else row[label].strip() or None)
    if not count:
        yield Failure(listing.name, "has no row")


def _path(said: str) -> str:
    """Return a path of the bytes that it has in UTF-8, also where the locale has another coding."""
    return os.fsdecode(said.encode("utf-8", "surrogateescape"))


def places(header: Sequence[str], wanted: PictureColumns) -> tuple[int, int | None]:
    """Return where the columns of files and of labels are.

    Raises:
        ValueError: one that is wanted is not there, or none has files.
    """
    file, label = _place(header, wanted.file, FILES), _place(header, wanted.label, LABELS)
    if file is None:
        raise ValueError("has no column of files with a usual name")
    return file, label


def _place(header: Sequence[str], wanted: str | None, usual: Sequence[str]) -> int | None:
    """Return where a column is; None: none has a usual name.

    Raises:
        ValueError: the column that is wanted is not there.
    """
    if wanted is not None and wanted not in header:
        raise ValueError(f"has no column {printable(wanted)}")
    folded = [name.casefold() for name in header]
    usual_places = (folded.index(name) for name in usual if name in folded)
    return next(usual_places, None) if wanted is None else header.index(wanted)
