"""Source `table`: a CSV, TSV or Parquet table with a row for every image."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePosixPath

import pandas as pd
from pydantic import Field

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.params import Column, Location, Params
from stages.sources import cells
from stages.sources.labelled import SPLITS, Labelled, assemble, complain
from stages.sources.store import Store

KINDS = (".csv", ".tsv", ".parquet")


class Table(Params):
    """Which table, and which of its columns; the source parquet reads label_column too."""

    table: Location | None = Field(
        description="name of the table in the source; null: its only one"
    )
    file_column: Column = Field(description="column of the table with the image's file name")
    label_column: Column = Field(
        description="column with the label, of a table or of parquet files"
    )
    split_column: Column | None = Field(
        description="column with train, val or test; null: no splits"
    )


def load(store: Store, params: Table) -> Raw:
    """Return the images that the table names.

    Raises:
        UserError: there is no such table or column, or rows do not fit the files.
    """
    table = _table(store, params.table)
    place = f"{store.place}: {table}"
    rows = _columns(cells.read(store, table), params, place)
    files = _Files(set(store.names()) - {table}, PurePosixPath(table).parent)
    found, problems = list[Labelled](), list[str]()
    for number, row in enumerate(rows, start=2):  # the header is row 1
        try:
            found.append(_row(files, *row))
        except ValueError as error:
            problems.append(f"row {number}: {error}")
    times = Counter(file.name for file in found)
    problems += [f"{name}: is in {count} rows" for name, count in times.items() if count > 1]
    complain(f"{place}: rows that do not fit the files; mend them:", problems)
    if not found:
        raise UserError(f"{place}: has no row; expected is one for every image")
    return assemble(store, found, {"not in the table": len(files.names) - len(found)})


class _Files:
    """The files of the source, found as tables name them."""

    def __init__(self, names: set[str], home: PurePosixPath) -> None:
        self.names, self._home = names, home
        self._by_ending = defaultdict[str, list[str]](list)
        for name in names:
            self._by_ending[PurePosixPath(name).name].append(name)

    def find(self, cell: str) -> str:
        """Find a file by its path from the table or the top, or by the end of its path.

        Raises:
            ValueError: there is none, or more than one.
        """
        path = PurePosixPath(cell.replace("\\", "/"))
        for exact in (str(self._home / path), str(path)):
            if exact in self.names:
                return exact
        found = [name for name in self._by_ending[path.name] if name.endswith(f"/{path}")]
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(f"{cell}: {', '.join(sorted(found))} could be meant; give its path")
        raise ValueError(f"{cell}: there is no such file")


def _row(files: _Files, file: str, label: str, split: str) -> Labelled:
    if not (file and label and split):
        raise ValueError(f"a cell is empty: file {file!r}, label {label!r}, split {split!r}")
    if split.lower() not in SPLITS:
        raise ValueError(f"split {split!r} is unknown; it must be train, val or test")
    return Labelled(files.find(file), label, SPLITS[split.lower()])


def _table(store: Store, name: str | None) -> str:
    """Find the table by its name, or because it is the only one."""
    tables = [table for table in store.names() if table.lower().endswith(KINDS)]
    if name is None and len(tables) == 1:
        return tables[0]
    if name in tables:
        return str(name)
    lack = "has not the table of that name" if name else "must hold one table for table: null"
    raise UserError(
        f"{store.place}: {lack}; correct download.table in params.yaml, is {name}; "
        f"tables there: {', '.join(tables[:5]) or f'none of {KINDS}'}"
    )


def _columns(frame: pd.DataFrame, params: Table, place: str) -> Iterable[tuple[str, ...]]:
    """Yield file, label and split of each row."""
    names = [str(name) for name in frame.columns]
    wanted = {
        "file_column": params.file_column,
        "label_column": params.label_column,
        "split_column": params.split_column,
    }
    problems = [
        f"download.{key} is {name}, " + _nearest(name, names)
        for key, name in wanted.items()
        if name is not None and names.count(name) != 1
    ]
    complain(f"{place}: columns are not there; correct params.yaml:", problems)
    columns = [
        ["train"] * len(frame) if name is None else frame[name].str.strip().tolist()
        for name in wanted.values()
    ]
    return zip(*columns, strict=True)


def _nearest(name: str, names: list[str]) -> str:
    if name in names:
        return "which two columns are called"
    near = get_close_matches(name, names, n=1, cutoff=0)
    return f"the nearest is {near[0]}, of {', '.join(names[:10])}" if near else "there are none"
