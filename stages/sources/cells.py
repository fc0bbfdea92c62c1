"""Read tables as text: no cell becomes a number or missing, so 001 and NA stay labels."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from reprise.shortage import lacking
from stages.errors import UserError
from stages.sources.limits import RefusedError, check_bytes
from stages.sources.reports import excerpt
from stages.sources.store import MAX_IMAGE_BYTES, Store, error_reason

REMEDY = "save it again as UTF-8, with the names of the columns in the first row"


class TextTable(NamedTuple):
    """A table of text."""

    columns: list[str]
    rows: list[tuple[str, list[str]]]  # where each is in the file, in words; a cell a column
    short: Sequence[str] = ()  # rows that had fewer cells, which now end in empty ones, in words


def read(store: Store, table: str) -> TextTable:
    """Return all cells as text, under the names of the columns.

    Raises:
        UserError: it is no table, or too large for one.
    """
    parse = _parquet if table.lower().endswith(".parquet") else _text
    with store.open(table, MAX_IMAGE_BYTES) as file:
        try:
            return parse(file, table, store.most)
        except RefusedError as refusal:
            raise UserError(f"{store.place}: {excerpt(table)}: {refusal}") from refusal
        except Exception as error:  # damaged bytes make the libraries raise almost anything
            if lacking(error):
                raise
            raise UserError(
                f"{store.place}: {excerpt(table)}: is no table ({error_reason(error)}); {REMEDY}"
            ) from error


def _text(file: BinaryIO, name: str, _most: int) -> TextTable:
    with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        start = next((line for line in text if line.strip()), None)
        if start is None:
            raise ValueError("it is empty")
        text.seek(0)
        separator = "\t" if name.lower().endswith(".tsv") else max(",;\t", key=start.count)
        (_, header), *rows = _numbered_rows(text, separator)
    short = [f"{place} has {len(row)} cells" for place, row in rows if len(row) < len(header)]
    for place, row in rows:
        if len(row) > len(header):
            raise ValueError(f"{place} has {len(row)} cells, the header has {len(header)}")
        row.extend([""] * (len(header) - len(row)))
    return TextTable([column.strip() for column in header], rows, short)


def _numbered_rows(lines: Iterable[str], separator: str) -> Iterator[tuple[str, list[str]]]:
    """Yield rows that are not empty, each with its number as a spreadsheet and an editor count."""
    reader, end = csv.reader(lines, delimiter=separator, strict=True), 0
    try:
        for number, row in enumerate(reader, start=1):
            start, end = end + 1, reader.line_num
            if len(row) > 1 or "".join(row).strip():
                place = f"row {number}" if start == number else f"row {number} (line {start})"
                yield place, row
    except csv.Error as error:
        raise ValueError(f"line {end + 1}: {error}") from error


def _parquet(file: BinaryIO, _name: str, most: int) -> TextTable:
    import pandas as pd  # noqa: PLC0415 - half a second, for such tables alone

    metadata = pq.read_metadata(file)
    size = sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    check_bytes(size, most, "unpacks to")
    if size > MAX_IMAGE_BYTES:
        raise ValueError(f"it unpacks to more than {MAX_IMAGE_BYTES:,} bytes")
    file.seek(0)
    columns = pq.read_schema(file)
    file.seek(0)
    # Whole numbers stay so beside empty cells: 1, not 1.0.
    cells = pd.read_parquet(file, dtype_backend="pyarrow")
    text = cells.map(lambda cell: "" if cell is None or cell is pd.NA else str(cell))
    rows = enumerate(text.itertuples(index=False, name=None))  # counted from 0, as pandas does
    names = [_typed_name(columns, str(name)) for name in cells.columns]
    return TextTable(names, [(f"row {n}", [*row]) for n, row in rows])


def _typed_name(columns: pa.Schema, name: str) -> str:
    """Return a column's name, with its type where that is neither text nor whole numbers.

    As text such cells would be Python's: b'cat', 1.0. By its own name nobody finds the column.
    """
    if name not in columns.names or columns.names.count(name) > 1:
        return name
    kind = columns.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    plain = ("is_string", "is_large_string", "is_integer", "is_boolean", "is_null")
    return name if any(getattr(pa.types, one)(kind) for one in plain) else f"{name} ({kind})"
