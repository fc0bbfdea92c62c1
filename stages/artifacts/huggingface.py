"""The Hugging Face image layout: names, schema and columns of its Parquet files."""

import json
import re
from operator import attrgetter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int64

BYTES, NAMES, LABELS = "image.bytes", "image.path", "label"  # the columns, a struct's flattened
GROUPS = "group"  # the column of text that is there where images belong together
SHARD = re.compile(r"(train|val|test)-\d{5}-of-(\d{5})\.parquet")


def schema(classes: tuple[str, ...], *, grouped: bool = False) -> pa.Schema:
    """Return the schema, with the class names and types that `datasets` reads."""
    features: dict[str, dict[str, object]] = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": list(classes)},
    }
    columns = {"image": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()}
    if grouped:
        features[GROUPS] = {"_type": "Value", "dtype": "string"}
        columns[GROUPS] = pa.string()
    described = json.dumps({"info": {"features": features}}, sort_keys=True)
    return pa.schema(columns, metadata={"huggingface": described})


def classes(file: pq.ParquetFile) -> tuple[str, ...]:
    """Return the names of the classes of a file."""
    description = json.loads(file.schema_arrow.metadata[b"huggingface"])
    return tuple(description["info"]["features"]["label"]["names"])


def shards(root: Path) -> dict[str, list[Path]]:
    """Return the files of every split, in order.

    Raises:
        ValueError: a file has another name, or one of a split is missing.
        FileNotFoundError: there is none.
    """
    found = dict[str, list[Path]]()
    for path in sorted(root.glob("*.parquet"), key=attrgetter("name")):
        if not (match := SHARD.fullmatch(path.name)):
            raise ValueError(f"{path.name} is not named like train-00000-of-00001.parquet")
        found.setdefault(match[1], []).append(path)
    for split, paths in found.items():
        count = int(paths[0].stem[-5:])
        names = [f"{split}-{number:05}-of-{count:05}.parquet" for number in range(count)]
        if [path.name for path in paths] != names:
            raise ValueError(f"{split} is said to be {count} files, which are not all there")
    if not found:
        raise FileNotFoundError
    return found


def labels(file: pq.ParquetFile) -> Int64[np.ndarray, " n"]:
    """Read the labels of a file.

    Raises:
        ValueError: one is no index into the classes of the file.
    """
    if not pa.types.is_integer(file.schema_arrow.field(LABELS).type):
        raise ValueError("there are labels that are no numbers")
    numbers, start, known = np.empty(file.metadata.num_rows, np.int64), 0, len(classes(file))
    for batch in file.iter_batches(columns=[LABELS]):  # all at once would be in memory thrice
        found = _checked(batch.column(LABELS), known)
        numbers[start : (start := start + len(found))] = found
    return numbers


def _checked(column: pa.Array, known: int) -> np.ndarray:
    """Return the labels of a column, which must be less than `known`."""
    if column.null_count:
        raise ValueError("there are labels that are no numbers")
    numbers: np.ndarray = column.to_numpy()
    if not 0 <= numbers.min() <= numbers.max() < known:
        raise ValueError(
            f"labels are {numbers.min()} to {numbers.max()}, of {known} classes, from 0"
        )
    return numbers


def texts(file: pq.ParquetFile, column: str) -> pa.ChunkedArray:
    """Read a column of text alone, which may be that of the paths.

    Raises:
        ValueError: it is not there, is no text, or a cell is empty.
    """
    parts = [_text(batch, column) for batch in file.iter_batches(columns=[column])]
    return pa.chunked_array(parts, pa.large_string())


def _text(batch: pa.RecordBatch, column: str) -> pa.Array:
    """Return a column of a batch, the member of a struct by its whole name."""
    flat = pa.Table.from_batches([batch]).flatten()
    if column not in flat.column_names:
        raise ValueError(f"column {column} is missing")
    found = flat[column].combine_chunks()
    if found.null_count or not pa.types.is_string(found.type):
        raise ValueError(f"there are images without {column}")
    return found.cast(pa.large_string())


def sizes(file: pq.ParquetFile) -> list[int]:
    """Return the number of images of every row group.

    Raises:
        ValueError: the file lacks a column of the images.
    """
    columns = file.schema_arrow.empty_table().flatten().column_names
    if absent := {BYTES, NAMES} - {*columns}:
        raise ValueError(f"column {min(absent)} is missing")
    return [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)]
