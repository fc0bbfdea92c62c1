"""Source `table`: CSV, TSV or Parquet tables with a row for every image."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath

from pydantic import Field

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.params import Column, Location
from stages.sources import class_names, joining, split_names
from stages.sources.cells import TextTable
from stages.sources.joining import Join, TableSource
from stages.sources.labelled import LabelledFile, build_raw
from stages.sources.lookup import FileIndex
from stages.sources.reports import excerpt, raise_problems
from stages.sources.store import Store

KINDS = (".csv", ".tsv", ".parquet")
UNNAMED = "not in the table"


class Table(Join):
    """Parameters of tables and their columns; the source parquet reads label_column, too."""

    table: Location | TableSource | None = Field(
        description="name of the table in the source, or a list as [train.csv, test.csv]; "
        "null: its only one"
    )
    label_column: Column = Field(
        description="column with the label, of a table or of parquet files"
    )
    group_column: Column | None = Field(
        description="column with the image's group, for preprocess.groups, of a table or of "
        "parquet files; null: none"
    )
    split_column: Column | None = Field(
        description="column with train, val or test; null: the names of several tables tell, "
        "one table has no splits"
    )


def load(store: Store, params: Table) -> Raw:
    """Return the images that the tables name.

    Raises:
        UserError: there is no such table or column, or rows do not fit the files.
    """
    found, tables = find(store, params)
    rest = {*store.names()} - {*tables} - {file.name for file in found}
    raw = build_raw(store, found, {UNNAMED: sorted(rest)})
    return raw._replace(grouped=params.group_column is not None)


def find(
    store: Store, params: Table, *, beside: bool = False
) -> tuple[list[LabelledFile], list[str]]:
    """Return the images that the tables name, and the tables; they may stand beside folders.

    Raises:
        UserError: as `load`.
    """
    others = joining.listed(params.join_table)
    tables = _tables(store, params.table, others)
    splits = _splits(store.place, tables, params, beside=beside)
    texts = joining.read(store, tables, params)
    names = {*store.names()} - {*tables, *others}
    found, problems = list[LabelledFile](), list[str]()
    for table in tables:
        files = FileIndex(names, PurePosixPath(table).parent)
        prefix = f"{table}: " if len(tables) > 1 else ""
        for place, (*row, group) in _rows(store.place, table, texts[table], params):
            try:
                found.append(_grouped(_row(files, row, splits[table]), group, params))
            except ValueError as error:
                problems.append(f"{prefix}{place}: {error}")
    where = f"{store.place}: {', '.join(map(excerpt, tables))}"
    problems += _repeated(found)
    raise_problems(f"{where}: rows that do not fit the files; mend them:", problems)
    if not found:
        raise UserError(f"{where}: has no row; expected is one for every image")
    return found, [*tables, *others]


def _repeated(found: Iterable[LabelledFile]) -> list[str]:
    """Report the files that several rows name."""
    times = Counter(file.name for file in found)
    return [f"{name}: is in {count} rows" for name, count in times.items() if count > 1]


def _row(files: FileIndex, row: Sequence[str], own: str) -> LabelledFile:
    """Return the image of a row; `own` is the split of the whole table, or empty."""
    file, label, split = row
    if not (file and class_names.normalize_name(label) and (own or split)):
        also = "" if own else f", split {split!r}"
        raise ValueError(f"a cell is empty: file {file!r}, label {label!r}{also}")
    if not (home := own or split_names.exact_split(split)):
        raise ValueError(
            f"split {split!r} is unknown; it must be train, val or test ({split_names.ACCEPTED})"
        )
    return LabelledFile(files.find(file), label, home)


def _grouped(file: LabelledFile, group: str, params: Table) -> LabelledFile:
    """Add the group of an image, if there are groups."""
    if params.group_column is None:
        return file
    if not group:
        raise ValueError(
            f"a cell is empty: {params.group_column} ''; an image that belongs to no other needs "
            "a group of its own"
        )
    return file._replace(group=group)


def _tables(store: Store, wanted: str | Sequence[str] | None, others: Sequence[str]) -> list[str]:
    """Return the tables of these names or, without a name, the only one but for the others."""
    tables = [
        table
        for table in store.names()
        if table.lower().endswith(KINDS) and (wanted is not None or table not in others)
    ]
    if wanted is None and len(tables) == 1:
        return tables
    names = joining.listed(wanted)
    absent = [name for name in names if name not in tables]
    if names and not absent and len({*names}) == len(names):
        return names
    raise _no_such_table(store.place, tables, names, absent)


def _no_such_table(
    place: str, tables: Sequence[str], names: Sequence[str], absent: Sequence[str]
) -> UserError:
    """Say what is wrong with the names of the tables, and which there are."""
    if not tables:
        return UserError(
            f"{place}: holds no table ({', '.join(KINDS)}); where the folders are the "
            "classes, set download.dataset to folder"
        )
    lack = f"holds {len(tables)} tables"
    if names:
        lack = f"has not the table {', '.join(absent)}" if absent else "is given a table twice"
    return UserError(
        f"{place}: {lack}; name one in download.table of params.yaml, or a list as "
        f"[train.csv, test.csv]; tables there: {', '.join(map(excerpt, tables[:5]))}"
    )


def _splits(place: str, tables: Sequence[str], params: Table, *, beside: bool) -> dict[str, str]:
    """Return the split of every table; empty where a column has it."""
    if params.split_column is not None or (len(tables) == 1 and not beside):
        return dict.fromkeys(tables, "train" if params.split_column is None else "")
    found = {table: split_names.find_in_path(table) for table in tables}
    raise_problems(
        f"{place}: tables whose names do not tell one split; rename them as train.csv, or set "
        f"download.split_column; known are {split_names.ACCEPTED}:",
        [table for table, splits in found.items() if len(splits) != 1],
    )
    return {table: next(iter(splits)) for table, splits in found.items()}


def _rows(
    place: str, table: str, found: TextTable, params: Table
) -> Iterator[tuple[str, list[str]]]:
    """Yield file, label, split and group of each row, with its place in the table."""
    wanted = {
        "file_column": params.file_column,
        "label_column": params.label_column,
        "split_column": params.split_column,
        "group_column": params.group_column,
    }
    problems = [
        f"download.{key} is {name}, " + _suggestion(name, found.columns)
        for key, name in wanted.items()
        if name is not None and found.columns.count(name) != 1
    ]
    raise_problems(
        f"{place}: {excerpt(table)}: columns are not there; correct params.yaml:", problems
    )
    places = [None if name is None else found.columns.index(name) for name in wanted.values()]
    for where, row in found.rows:
        yield where, ["" if n is None else row[n].strip() for n in places]


def _suggestion(name: str, names: list[str]) -> str:
    if name in names:
        return "which two columns are called"
    near = get_close_matches(name, names, n=1, cutoff=0)
    return f"the nearest is {near[0]}, of {', '.join(names[:10])}" if near else "there are none"
