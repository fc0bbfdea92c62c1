"""Source `parquet`: files in the Hugging Face image layout, as its hub and Reprise publish them.

The split is in the file's name (train-00000-of-00002.parquet) or its folder's; the image is a
struct {bytes, path}, or bytes; the label a number, with or without names in the schema, or text.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow.parquet as pq

from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import columns, shards
from stages.sources.columns import Columns
from stages.sources.store import Store, reason
from stages.sources.table import Table

BATCH = 64  # images in memory at once
BUFFER = 2**20  # bytes
Index = Mapping[Any, int]  # from a label, as it stands in the file, to its class


def load(store: Store, params: Table) -> Raw:
    """Return the images, in the splits of the files.

    Raises:
        UserError: there is no such file, a part is missing, files differ in columns or classes,
            or an image or a label is missing.
    """
    splits = shards.splits(store)
    names = [name for split in splits.values() for name in split]
    found = _columns(store, names, params.label_column)
    index = _index(store, names, found)
    others = len(store.names()) - len(names)
    return Raw(
        found.names or tuple(map(str, index)),
        {split: _images(store, splits[split], found, index) for split in splits},
        {**store.passed_over, **({"no parquet file": others} if others else {})},
    )


@contextmanager
def _reading(store: Store, name: str) -> Iterator[pq.ParquetFile]:
    """Open a file; whatever is wrong with it becomes a message that names it."""
    with store.open(name) as file:
        try:
            with pq.ParquetFile(file, buffer_size=BUFFER) as parquet:
                yield parquet
        except UserError as error:
            raise UserError(f"{store.place}: {name}: {error}") from error
        except Exception as error:  # damaged bytes make the libraries raise almost anything
            raise UserError(
                f"{store.place}: {name}: cannot be read ({reason(error)}); bring it anew"
            ) from error


def _columns(store: Store, names: Iterable[str], label: str) -> Columns:
    """Find the columns, which must be the same in all files."""
    found = dict[Columns, str]()
    for name in names:
        with _reading(store, name) as file:
            found.setdefault(columns.find(file.schema_arrow, label), name)
    if len(found) > 1:
        raise UserError(
            f"{store.place}: columns or classes differ between {' and '.join(found.values())}; "
            "bring files of one set"
        )
    return next(iter(found))


def _index(store: Store, names: Iterable[str], found: Columns) -> Index:
    """Number the classes: as the schema does or, where it names none, those that occur."""
    if found.names is not None:
        return {number: number for number in range(len(found.names))}
    values = set[Any]()
    for name in names:
        with _reading(store, name) as file:
            for batch in file.iter_batches(columns=[found.label]):
                values.update(batch.column(0).to_pylist())
    return {value: number for number, value in enumerate(sorted(values - {None}))}


def _images(store: Store, names: Iterable[str], found: Columns, index: Index) -> Iterator[Image]:
    for name in names:
        with _reading(store, name) as file:
            for row, (data, path, label) in enumerate(_rows(file, found)):
                if data is None:
                    raise UserError(f"row {row}: holds no bytes, but {path}; embed the images")
                if label not in index:
                    raise UserError(f"row {row}: label {label} is not one of {len(index)} classes")
                yield Image(data, path or f"{name}/{row:06}", index[label])


def _rows(file: pq.ParquetFile, found: Columns) -> Iterator[tuple[bytes | None, str | None, Any]]:
    """Yield bytes, path and label, a batch in memory at once."""
    for batch in file.iter_batches(BATCH, columns=[found.image, found.label]):
        labels = batch.column(found.label).to_pylist()
        for image, label in zip(batch.column(found.image).to_pylist(), labels, strict=True):
            cells = image if isinstance(image, dict) else {"bytes": image}
            yield cells.get("bytes"), cells.get("path"), label
