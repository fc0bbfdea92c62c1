"""Tables as text: no cell becomes a number or a gap, so that 001 and NA stay labels."""

from typing import BinaryIO

import pandas as pd

from stages.errors import UserError
from stages.sources.store import Store, reason

REMEDY = "save it anew as UTF-8, with the names of the columns in the first row"


def read(store: Store, table: str) -> pd.DataFrame:
    """Return all cells as text, under the names of the columns.

    Raises:
        UserError: it is no table.
    """
    with store.open(table) as file:
        try:
            return _parquet(file) if table.lower().endswith(".parquet") else _text(file, table)
        except Exception as error:  # damaged bytes make the libraries raise almost anything
            raise UserError(
                f"{store.place}: {table}: is no table ({reason(error)}); {REMEDY}"
            ) from error


def _text(file: BinaryIO, name: str) -> pd.DataFrame:
    header = file.readline().decode("utf-8-sig")
    file.seek(0)
    separator = "\t" if name.lower().endswith(".tsv") else max(",;\t", key=header.count)
    # The header is read as a row: pandas would take a surplus cell for an index.
    cells = pd.read_csv(
        file, sep=separator, header=None, dtype=str, na_filter=False, encoding="utf-8-sig"
    ).fillna("")
    return cells[1:].set_axis([str(name).strip() for name in cells.iloc[0]], axis="columns")


def _parquet(file: BinaryIO) -> pd.DataFrame:
    # Whole numbers stay so beside empty cells: 1, not 1.0.
    cells = pd.read_parquet(file, dtype_backend="pyarrow")
    return cells.map(lambda cell: "" if cell is None or cell is pd.NA else str(cell))
