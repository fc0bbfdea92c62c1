"""Artifact `metrics/evaluate/predictions.parquet`: the prediction for every image.

Columns: `path`, `label` and `predicted` (names of classes), `label_index` and `predicted_index`
(their indices, as two classes may have one name), and `probabilities`, a list of one number a
class. The key `classes` of the file's metadata has the names in order, as JSON. pandas, DuckDB and
Spark read it.
"""

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Float, Int64

from stages import files

PATH = Path("metrics/evaluate/predictions.parquet")
GROUP = 2**20  # probabilities in a row group: 4 MB


class Predictions(NamedTuple):
    """The predictions of a classifier for the images of one split."""

    classes: tuple[str, ...]  # [K]
    paths: Sequence[str]  # [N], in the source
    labels: Int64[np.ndarray, " n"]
    predicted: Int64[np.ndarray, " n"]
    probabilities: Float[np.ndarray, "n k"]  # kept as float32


def write(predictions: Predictions, path: Path = PATH) -> None:
    """Write one row an image, a row group at a time."""
    schema = _schema(predictions.classes)
    with (
        files.replacing(path) as partial,
        pq.ParquetWriter(
            partial, schema, compression="zstd", use_dictionary=["label", "predicted"]
        ) as file,
    ):
        for columns in _groups(predictions):
            file.write_table(pa.Table.from_arrays(columns, schema=schema))


def read(source: Path | bytes = PATH) -> Predictions:
    """Read a file, or the bytes of one.

    Raises:
        UserError: it is missing or damaged, or an old one in which two classes have one name.
    """
    path = source if isinstance(source, Path) else PATH
    with files.reading(path, "evaluate"):
        table = pq.ParquetFile(BytesIO(source) if isinstance(source, bytes) else source).read()
        classes = tuple(json.loads(table.schema.metadata[b"classes"]))
        labels, predicted = (_indices(table, name, classes) for name in ("label", "predicted"))
        flat = table["probabilities"].combine_chunks().flatten().to_numpy()
        probabilities = flat.reshape(-1, len(classes))
        paths = table["path"].to_pylist()
        if len(probabilities) != len(paths) or not all(isinstance(path, str) for path in paths):
            raise ValueError("not every image has a path and a probability of each class")
        return Predictions(classes, paths, labels, predicted, probabilities)


def _schema(classes: Sequence[str]) -> pa.Schema:
    name = pa.dictionary(pa.int32(), pa.string())
    probabilities = pa.list_(pa.float32(), len(classes))
    fields = {"path": pa.string(), "label": name, "predicted": name}
    numbers = {"label_index": pa.int32(), "predicted_index": pa.int32()}
    fields = {**fields, **numbers, "probabilities": probabilities}
    return pa.schema(list(fields.items()), {"classes": json.dumps(classes)})


def _groups(predictions: Predictions) -> Iterator[list[pa.Array]]:
    """Yield the columns of each row group."""
    classes, paths, labels, predicted, probabilities = predictions
    names, size = pa.array(classes, pa.string()), max(1, GROUP // len(classes))
    for start in range(0, len(paths), size):
        rows = slice(start, start + size)
        flat = pa.array(probabilities[rows].astype(np.float32).ravel())
        numbers = [pa.array(indices[rows], pa.int32()) for indices in (labels, predicted)]
        yield [
            pa.array(paths[rows], pa.string()),
            *(pa.DictionaryArray.from_arrays(indices, names) for indices in numbers),
            *numbers,
            pa.FixedSizeListArray.from_arrays(flat, len(classes)),
        ]


def _indices(table: pa.Table, column: str, classes: Sequence[str]) -> Int64[np.ndarray, " n"]:
    """Return the class of each image: from its index or, in old files, from its name."""
    names = table[column].cast(pa.string())
    if f"{column}_index" not in table.column_names:
        if len({*classes}) < len(classes):
            raise ValueError("two classes have one name, and no column tells them apart")
        found = pc.index_in(names, pa.array(classes, pa.string()))
    else:
        found = table[f"{column}_index"]
        same = pc.all(pc.equal(names, _named(found, classes)), min_count=0).as_py()
        if names.null_count or not same:
            raise ValueError("it names classes that are not in its metadata")
    if found.null_count:
        raise ValueError("it names classes that are not in its metadata")
    indices: Int64[np.ndarray, " n"] = found.combine_chunks().to_numpy().astype(np.int64)
    return indices


def _named(indices: pa.ChunkedArray, classes: Sequence[str]) -> pa.ChunkedArray:
    return pc.take(pa.array(classes, pa.string()), indices)
