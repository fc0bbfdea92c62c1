"""Join tables by the files that their rows name: labels in one, splits or groups in another."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, NamedTuple

from pydantic import Field

from stages.errors import UserError
from stages.params import Column, Location, Params
from stages.sources import cells
from stages.sources.cells import TextTable
from stages.sources.lookup import FileIndex
from stages.sources.reports import excerpt, raise_problems
from stages.sources.store import Store

TableSource = Annotated[tuple[Location, ...], Field(min_length=1, max_length=1000)]


class Join(Params):
    """Parameters by which tables are joined."""

    join_table: Location | TableSource | None = Field(
        description="table in the source whose columns are added by file_column, as those of "
        "splits.csv to labels.csv, or a list; null: none"
    )
    file_column: Column = Field(description="column of the table with the image's file name")


class Joined(NamedTuple):
    """A table by the files that its rows name."""

    name: str
    columns: Sequence[str]
    rows: Mapping[str, Sequence[str]]


def listed(value: str | Sequence[str] | None) -> list[str]:
    """Return the names that a parameter of one table, of several, or of none holds."""
    return [value] if isinstance(value, str) else [*(value or ())]


def read(store: Store, tables: Sequence[str], params: Join) -> dict[str, TextTable]:
    """Return the tables, each with the columns of those to be joined appended.

    Raises:
        UserError: one is not there, adds no column that a parameter names, a row of it fits no row
            of the tables, or one of these has no row in it.
    """
    found = {table: cells.read(store, table) for table in tables}
    others = listed(params.join_table)
    files = {*store.names()} - {*tables, *others}
    for name in others:
        if name not in store.names() or name in tables or others.count(name) > 1:
            why = "which is read already" if name in store.names() else "which is not there"
            raise UserError(
                f"{store.place}: download.join_table of params.yaml is {excerpt(name)}, {why}"
            )
        other = _joined(store, name, files, params)
        _require_named(store.place, other, params)
        rows = {table: [*_files(table, found[table], files, params)] for table in tables}
        _require_same(store.place, other, rows)
        for table, text in found.items():
            empty = [""] * len(other.columns)
            both = [
                (place, [*row, *other.rows.get(file or "", empty)])
                for (place, row), (_, file) in zip(text.rows, rows[table], strict=True)
            ]
            found[table] = TextTable([*text.columns, *other.columns], both)
    return found


def _joined(store: Store, name: str, files: Collection[str], params: Join) -> Joined:
    """Read a table that is to be joined.

    Raises:
        UserError: a row names no file, or one that another row names.
    """
    text = cells.read(store, name)
    kept = [n for n, column in enumerate(text.columns) if column != params.file_column]
    rows, problems = dict[str, list[str]](), list[str]()
    named = _files(name, text, files, params)
    for (place, row), (said, file) in zip(text.rows, named, strict=True):
        if file is None or file in rows:
            why = "there is no such file" if file is None else "is in another row, too"
            problems.append(f"{place}: {said}: {why}")
        else:
            rows[file] = [row[n] for n in kept]
    raise_problems(
        f"{store.place}: {excerpt(name)}: rows that do not fit the files; mend them:", problems
    )
    return Joined(name, [text.columns[n] for n in kept], rows)


def _files(
    table: str, text: TextTable, files: Collection[str], params: Join
) -> Iterator[tuple[str, str | None]]:
    """Yield what each row calls its file, and the file; None where there is no such one."""
    if text.columns.count(params.file_column) != 1:
        raise UserError(
            f"{excerpt(table)}: download.file_column is {excerpt(params.file_column)}, and its "
            f"columns are {', '.join(map(excerpt, text.columns[:10]))}; it must be one of them, "
            "in every table that is joined"
        )
    column = text.columns.index(params.file_column)
    index = FileIndex(files, PurePosixPath(table).parent)
    for _, row in text.rows:
        said = row[column].strip()
        try:
            yield said, index.find(said)
        except ValueError:
            yield said, None


def _require_named(place: str, other: Joined, params: Join) -> None:
    """Refuse a table of which no parameter names a column: joining it would have no effect.

    Raises:
        UserError: no parameter names one.
    """
    wanted = {str(value): key for key, value in params if key.endswith("_column") and value}
    if not {*other.columns} & wanted.keys():
        raise UserError(
            f"{place}: {excerpt(other.name)} of download.join_table has the columns "
            f"{', '.join(map(excerpt, other.columns[:10])) or 'of file names alone'}, and no "
            "parameter names one; set download.split_column, or set join_table to null"
        )


def _require_same(
    place: str, other: Joined, rows: Mapping[str, Sequence[tuple[str, str | None]]]
) -> None:
    """Refuse files that are in the rows of one table and not of the other."""
    rows_of = [(f"{table}: {said}", file) for table, those in rows.items() for said, file in those]
    nowhere = [said for said, file in rows_of if file is None]
    raise_problems(f"{place}: rows that do not fit the files; there are none of these:", nowhere)
    missing = [said for said, file in rows_of if file not in other.rows]
    told = f"{place}: {excerpt(other.name)}"
    raise_problems(f"{told} has no row for these; add them:", missing)
    named = {file for _, file in rows_of}
    more = [file for file in other.rows if file not in named]
    raise_problems(
        f"{told} has rows of files that are in no row of {', '.join(map(excerpt, rows))}; take "
        "them away, or add them there:",
        more,
    )
