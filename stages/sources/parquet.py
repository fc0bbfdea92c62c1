"""Source `parquet`: files in the Hugging Face image layout, as its hub and Reprise publish them.

The split is in the file's name (train-00000-of-00002.parquet) or its folder's; the image is a
struct {bytes, path}, or bytes; the label a number, with or without names in the schema, or text.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from reprise.shortage import lacking
from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import class_names, columns, shards
from stages.sources.columns import Columns
from stages.sources.limits import RefusedError, check_bytes
from stages.sources.passed_over import count_passed_over
from stages.sources.reports import excerpt
from stages.sources.store import Store, error_reason
from stages.sources.table import Table

BATCH = 64  # images in memory at once
BUFFER = 2**20  # bytes
OTHER_SPLIT = "parquet file of another split than train, val and test"
Index = Mapping[Any, int]  # from a label, as it stands in the file, to its class


class Shards(NamedTuple):
    """The files of each split, and what is known of them besides."""

    splits: Mapping[str, Sequence[str]]
    others: Sequence[str] = ()  # of splits that are not read
    features: Mapping[str, Any] = MappingProxyType({})  # by column, where a schema tells none


def load(store: Store, params: Table) -> Raw:
    """Return the images, in the splits of the files.

    Raises:
        UserError: there is no such file, a part is missing, files differ in columns or classes,
            they unpack to more than they may, or an image or a label is missing.
    """
    return read(store, params, Shards(shards.group_by_split(store)))


def read(store: Store, params: Table, files: Shards) -> Raw:
    """Return the images of files whose splits are known.

    Raises:
        UserError: as `load`.
    """
    splits = files.splits
    names = [name for split in splits.values() for name in split]
    found = _columns(store, names, params, files.features)
    _check_unpacked_size(store, names, found)
    classes, index = _index(store, names, found)
    others = sorted({*store.names()} - {*names})
    images = {split: _images(store, splits[split], found, index) for split in splits}
    entries = {split: _entries(store, splits[split], found, index) for split in splits}
    passed_over = {"no parquet file": others, OTHER_SPLIT: files.others}
    counts, examples = count_passed_over(store, passed_over)
    return Raw(classes, images, counts, examples, entries, grouped=found.group is not None)


@contextmanager
def _reading(store: Store, name: str) -> Iterator[pq.ParquetFile]:
    """Open a file; turn whatever is wrong with it into a message that names it."""
    place = f"{store.place}: {excerpt(name)}"
    with store.open(name) as file:
        try:
            with pq.ParquetFile(file, buffer_size=BUFFER) as parquet:
                yield parquet
        except (UserError, RefusedError) as error:
            raise UserError(f"{place}: {error}") from error
        except Exception as error:  # damaged bytes make the libraries raise almost anything
            if lacking(error):
                raise
            raise UserError(
                f"{place}: cannot be read ({error_reason(error)}); it is damaged: fetch it again"
            ) from error


def _columns(
    store: Store, names: Iterable[str], params: Table, features: Mapping[str, Any]
) -> Columns:
    """Find the columns, which must be the same in all files."""
    found = dict[Columns, str]()
    for name in names:
        with _reading(store, name) as file:
            schema = file.schema_arrow
            group = columns.find_group(schema, params.group_column)
            own = columns.find(schema, params.label_column, features)._replace(group=group)
            found.setdefault(own, name)
    if len(found) > 1:
        raise UserError(
            f"{store.place}: columns or classes differ between "
            f"{' and '.join(map(excerpt, found.values()))}; bring files of one set"
        )
    return next(iter(found))


def _check_unpacked_size(store: Store, names: Iterable[str], found: Columns) -> None:
    """Refuse files that declare more bytes than they may unpack to, before an image is read."""
    total = 0
    for name in names:
        with _reading(store, name) as file:
            for number in range(file.num_row_groups):
                group = file.metadata.row_group(number)
                for column in map(group.column, range(group.num_columns)):
                    if column.path_in_schema.partition(".")[0] in {*found.read}:
                        total += column.total_uncompressed_size
            check_bytes(total, store.most, "unpacks to")


def _index(store: Store, names: Iterable[str], found: Columns) -> tuple[tuple[str, ...], Index]:
    """Number the classes: as the schema does or, where it names none, those that occur."""
    if found.names is not None:
        classes, again = class_names.number_repeated(store.place, found.names)
        if again:
            told = ", ".join(map(excerpt, again[:10]))
            print(f"{store.place}: classes of one name are numbered: {told}", file=sys.stderr)
        return classes, {number: number for number in range(len(classes))}
    values = set[Any]()
    for name in names:
        with _reading(store, name) as file:
            for batch in file.iter_batches(columns=[found.label]):
                values.update(batch.column(0).to_pylist())
    ordered = sorted(values - {None})
    spelt = class_names.merge_spellings(store.place, map(str, ordered))
    classes = tuple(dict.fromkeys(spelt[str(value)] for value in ordered))
    numbers = {name: number for number, name in enumerate(classes)}
    return classes, {value: numbers[spelt[str(value)]] for value in ordered}


def _images(store: Store, names: Iterable[str], found: Columns, index: Index) -> Iterator[Image]:
    for name in names:
        with _reading(store, name) as file:
            for row, (data, path, label, group) in enumerate(_rows(file, found)):
                if data is None:
                    raise UserError(f"row {row}: {_missing_bytes(path)}")
                if found.group is not None and not group:
                    raise UserError(
                        f"row {row}: column {excerpt(found.group)} is empty; an image that belongs "
                        "to no other needs a group of its own"
                    )
                yield Image(data, _path(path, name, row), _class(index, label, row), group)


def _entries(
    store: Store, names: Iterable[str], found: Columns, index: Index
) -> Iterator[tuple[str, int]]:
    for name in names:
        with _reading(store, name) as file:
            for row, (path, label) in enumerate(_paths_and_labels(file, found)):
                yield _path(path, name, row), _class(index, label, row)


def _path(path: str | None, name: str, row: int) -> str:
    return path or f"{name}/{row:06}"


def _class(index: Index, label: object, row: int) -> int:
    if label not in index:
        raise UserError(
            f"row {row}: label {excerpt(str(label))} is not one of {len(index)} classes"
        )
    return index[label]


def _missing_bytes(path: str | None) -> str:
    if path is None:
        return "the image cell is empty; leave the row out, or mend it at its source"
    return f"holds no bytes, but {excerpt(path)}; embed the images"


def _paths_and_labels(file: pq.ParquetFile, found: Columns) -> Iterator[tuple[str | None, Any]]:
    """Yield path and label; the bytes of the images are not read."""
    kind = file.schema_arrow.field(found.image).type
    named = pa.types.is_struct(kind) and kind.get_field_index("path") >= 0
    columns = [f"{found.image}.path", found.label] if named else [found.label]
    for batch in file.iter_batches(columns=columns):
        labels = batch.column(found.label).to_pylist()
        images = batch.column(found.image).to_pylist() if named else [None] * len(labels)
        for image, label in zip(images, labels, strict=True):
            yield (image or {}).get("path"), label


def _rows(
    file: pq.ParquetFile, found: Columns
) -> Iterator[tuple[bytes | None, str | None, Any, str | None]]:
    """Yield bytes, path, label and group, a batch in memory at once."""
    for batch in file.iter_batches(BATCH, columns=[*found.read]):
        images, labels = (batch.column(name).to_pylist() for name in (found.image, found.label))
        groups = [None] * len(labels)
        if found.group is not None:
            groups = batch.column(found.group).cast(pa.string()).to_pylist()
        for image, label, group in zip(images, labels, groups, strict=True):
            cells = image if isinstance(image, dict) else {"bytes": image}
            yield cells.get("bytes"), cells.get("path"), label, group
