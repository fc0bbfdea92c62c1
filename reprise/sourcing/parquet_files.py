"""Read Parquet: the pictures that data/raw holds, or a table of their paths; by pyarrow."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from reprise.directory import Failure, Source
from reprise.escaping import first_line, printable
from reprise.shortage import lacking
from reprise.sourcing import column_kinds, limited, tabled
from reprise.sourcing.tabled import LABELS, Listing, Row

ENDING = ".parquet"
NEEDS = "is a Parquet file, which takes pyarrow: `pip install pyarrow`"
AT_ONCE = 16  # rows in memory
ParquetFile: TypeAlias = Any  # of pyarrow, which is imported when there is such a file


def pictures(listing: Listing) -> Iterator[Source | Failure]:
    """Yield the picture of each row, in the layout of the Hugging Face hub, or of a table."""
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415 - the predictor does without
    except ModuleNotFoundError:
        yield Failure(listing.name, NEEDS)
        return
    try:
        with pq.ParquetFile(listing.path) as file:
            image = _image_column(file)
            rows = _listed(file, listing) if image is None else _held(file, image, listing)
            yield from rows
    except Exception as error:  # damaged bytes make the library raise almost anything
        if lacking(error):
            raise
        yield Failure(listing.name, f"cannot be read as Parquet ({first_line(error)})")


def _image_column(file: ParquetFile) -> str | None:
    """Return the first column of bytes, or of structs with bytes."""
    import pyarrow as pa  # noqa: PLC0415

    def holds(kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
        return column_kinds.is_bytes(kind) or (
            pa.types.is_struct(kind) and bool(kind.get_field_index("bytes") >= 0)
        )

    return next((field.name for field in file.schema_arrow if holds(field.type)), None)


def _held(file: ParquetFile, image: str, listing: Listing) -> Iterator[Source | Failure]:
    names = file.schema_arrow.names
    wanted = listing.wanted.label
    label = wanted or next((name for name in LABELS if name in {*names} - {image}), None)
    if label is not None and label not in names:
        yield Failure(listing.name, f"has no column {label}; its columns are {', '.join(names)}")
        return
    if label is not None and (wrong := column_kinds.no_label(file.schema_arrow.field(label))):
        yield Failure(listing.name, wrong)
        return
    named = _class_names(file, label)
    columns = [image] if label is None else [image, label]
    number = 0
    for number, row in enumerate(_rows(file, columns)):
        yield _source(row[image], f"{listing.name}: row {number}", named(row.get(label or "")))
    if not file.metadata.num_rows:
        yield Failure(listing.name, "has no row")


def _source(cell: Any, nameless: str, label: str | None) -> Source | Failure:  # noqa: ANN401
    """Return the picture of a cell: bytes, or a struct of bytes and a path."""
    data, name = (cell.get("bytes"), cell.get("path")) if isinstance(cell, dict) else (cell, None)
    name = os.fsdecode(name) if isinstance(name, bytes) else name
    if not isinstance(name, str | None):
        return Failure(nameless, f"its path is of type {type(name).__name__}; expected is text")
    if not isinstance(data, bytes):
        return Failure(name or nameless, "has no bytes")
    if len(data) > limited.LARGEST:
        return Failure(name or nameless, limited.TOO_LARGE)
    return Source(name or nameless, data, label)


def _class_names(file: ParquetFile, label: str | None) -> Callable[[Any], str | None]:
    """Return what makes the name of a class of a cell: an index, where the file has the names."""
    stored = (file.schema_arrow.metadata or {}).get(b"huggingface", b"{}")
    try:
        features = json.loads(stored)["info"]["features"]
        said = features[label]["names"]
    except (ValueError, LookupError, TypeError):
        said = None
    names: Sequence[str] = said if isinstance(said, list) else ()

    def name(cell: Any) -> str | None:  # noqa: ANN401
        known = isinstance(cell, int) and 0 <= cell < len(names)
        return None if cell is None else str(names[cell] if known else cell)

    return name


def _rows(file: ParquetFile, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for batch in file.iter_batches(AT_ONCE, columns=list(columns)):
        yield from batch.to_pylist()


def _listed(file: ParquetFile, listing: Listing) -> Iterator[Source | Failure]:
    names = file.schema_arrow.names
    if (wrong := _no_paths(file, listing)) is not None:
        yield Failure(listing.name, wrong)
        return

    def rows() -> Iterator[Row]:
        for number, row in enumerate(_rows(file, names)):
            yield f"row {number}", ["" if row[name] is None else str(row[name]) for name in names]

    yield from tabled.listed(rows(), names, listing)


def _no_paths(file: ParquetFile, listing: Listing) -> str | None:
    """Return why the column of files can have none; None: it may, or there is no such column."""
    try:
        column = file.schema_arrow[tabled.places(file.schema_arrow.names, listing.wanted)[0]]
    except ValueError:  # which `tabled.listed` reports
        return None
    told = f"column {printable(column.name)} is of type {printable(str(column.type))}; expected"
    return (
        None
        if column_kinds.is_text(column.type)
        else f"{told} are paths (string) or pictures (binary)"
    )
