"""Artifact `data/raw`: every image as published, still encoded, in a few Parquet files.

One file a published split, in the Hugging Face image layout: columns `image: {bytes, path}` and
`label`, the names of the classes in the schema. pandas, DuckDB, Spark and `datasets` open it.
Written and read a row group at a time: a data set may be larger than memory.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int64

from stages import files

PATH = Path("data/raw")
# What is held in memory at once, by each process that decodes.
GROUP_IMAGES = 256
GROUP_BYTES = 2 * 2**20
BYTES, NAMES, LABELS = "image.bytes", "image.path", "label"  # the columns
SHARD = re.compile(r"(train|val|test)-\d{5}-of-(\d{5})\.parquet")


class Image(NamedTuple):
    """One encoded image and its class."""

    data: bytes  # PNG, JPEG, ..., as published
    path: str  # its name in the source
    label: int  # index into the classes


class Raw(NamedTuple):
    """A published data set, on its way in."""

    classes: tuple[str, ...]  # [K]
    splits: Mapping[str, Iterable[Image]]  # train, and val and test if published; read once
    passed_over: Mapping[str, int]  # files that are no images, by what they are


class Group(NamedTuple):
    """A row group: images that are read together."""

    file: Path
    number: int  # in the file
    size: int  # images

    def images(self) -> list[Image]:
        """Read the images.

        Raises:
            UserError: the file is damaged.
        """
        with files.reading(self.file, "download"), pq.ParquetFile(self.file) as file:
            columns = file.read_row_group(self.number).flatten()  # the struct's members
            if any(columns[name].null_count for name in (BYTES, NAMES)):
                raise ValueError("there are images without bytes or path")
            lists = (columns[name].to_pylist() for name in (BYTES, NAMES, LABELS))
            return list(starmap(Image, zip(*lists, strict=True)))


class Published(NamedTuple):
    """A data set on disk: its labels, and where to read its images."""

    classes: tuple[str, ...]  # [K]
    labels: Mapping[str, Int64[np.ndarray, " n"]]  # by published split
    groups: Mapping[str, list[Group]]  # by published split, in the order of the labels

    def names(self, numbers: Collection[int]) -> dict[int, str]:
        """Return the paths of some images, numbered through all splits in their order."""
        found, start = dict[int, str](), 0
        for group in (group for groups in self.groups.values() for group in groups):
            end = start + group.size
            if wanted := [number for number in numbers if start <= number < end]:
                images = group.images()
                found |= {number: images[number - start].path for number in wanted}
            start = end
        return found


def write(raw: Raw, root: Path = PATH) -> dict[str, int]:
    """Write `<root>/<split>-00000-of-00001.parquet` for every split; return images per split."""
    schema, counts = _schema(raw.classes), dict[str, int]()
    with files.replacing(root) as folder:
        folder.mkdir()
        for split, images in raw.splits.items():
            place = folder / f"{split}-00000-of-00001.parquet"
            counts[split] = 0
            # The images are compressed already.
            with pq.ParquetWriter(
                place, schema, compression="none", use_dictionary=["label"]
            ) as file:
                for group in _groups(images):
                    rows = [{"image": {"bytes": i[0], "path": i[1]}, "label": i[2]} for i in group]
                    file.write_table(pa.Table.from_pylist(rows, schema))
                    counts[split] += len(group)
    return counts


def read(root: Path = PATH) -> Published:
    """Read labels and classes, and find the images.

    Raises:
        UserError: nothing was downloaded, a file is damaged or missing, or they do not match.
    """
    labels, groups = dict[str, Int64[np.ndarray, " n"]](), dict[str, list[Group]]()
    classes = set[tuple[str, ...]]()
    with files.reading(root, "download"):
        shards = _shards(root)
    for split, paths in shards.items():
        parts, groups[split] = list[Int64[np.ndarray, " _"]](), []
        for path in paths:
            with files.reading(path, "download"), pq.ParquetFile(path) as file:
                classes.add(_classes(file.schema_arrow))
                if len(classes) > 1:
                    raise ValueError("its classes are not those of the other files")
                parts.append(_labels(file))
                groups[split] += _row_groups(file, path)
        labels[split] = np.concatenate(parts)
    return Published(classes.pop(), labels, groups)


def _shards(root: Path) -> dict[str, list[Path]]:
    """Find the files of every split, in order."""
    found = dict[str, list[Path]]()
    for path in sorted(root.glob("*.parquet")):
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


def _labels(file: pq.ParquetFile) -> Int64[np.ndarray, " n"]:
    """Read the labels of a file; they must be indices into its classes."""
    column, classes = file.read([LABELS]).column(LABELS), _classes(file.schema_arrow)
    if not pa.types.is_integer(column.type) or column.null_count:
        raise ValueError("there are labels that are no numbers")
    labels: np.ndarray = column.to_numpy()
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(classes):
        raise ValueError(
            f"labels are {labels.min()} to {labels.max()}, of {len(classes)} classes, from 0"
        )
    return labels.astype(np.int64)


def _row_groups(file: pq.ParquetFile, path: Path) -> list[Group]:
    """List the row groups of a file that has the columns of an image."""
    columns = file.schema_arrow.empty_table().flatten().column_names
    if absent := {BYTES, NAMES} - {*columns}:
        raise ValueError(f"column {min(absent)} is missing")
    sizes = (file.metadata.row_group(index).num_rows for index in range(file.num_row_groups))
    return [Group(path, index, size) for index, size in enumerate(sizes)]


def _groups(images: Iterable[Image]) -> Iterator[list[Image]]:
    """Gather images until a row group is full."""
    group, size = list[Image](), 0
    for image in images:
        group.append(image)
        size += len(image.data)
        if len(group) >= GROUP_IMAGES or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _schema(classes: tuple[str, ...]) -> pa.Schema:
    features = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": list(classes)},
    }
    return pa.schema(
        {"image": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()},
        metadata={"huggingface": json.dumps({"info": {"features": features}}, sort_keys=True)},
    )


def _classes(schema: pa.Schema) -> tuple[str, ...]:
    description = json.loads(schema.metadata[b"huggingface"])
    return tuple(description["info"]["features"]["label"]["names"])
