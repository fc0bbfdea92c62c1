"""Artifact `data/raw`: every image as published, still encoded, in a few Parquet files.

One file a published split, in the Hugging Face image layout: columns `image: {bytes, path}` and
`label`, the names of the classes in the schema. pandas, DuckDB, Spark and `datasets` open it.
Written and read a row group at a time: a data set may be larger than memory.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, starmap
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int64

from stages import files
from stages.artifacts import huggingface
from stages.artifacts.huggingface import BYTES, LABELS, NAMES
from stages.progress import Progress

PATH = Path("data/raw")
# What is held in memory at once, by each process that decodes.
GROUP_IMAGES = 512
GROUP_BYTES = 2 * 2**20


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
    examples: Mapping[str, Sequence[str]] = MappingProxyType({})  # names of some of them


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

    def images(self, numbers: Collection[int]) -> Iterator[tuple[int, Image]]:
        """Yield some images, numbered through all splits, with their numbers, ascending."""
        wanted, start = np.sort(np.fromiter(numbers, np.int64)), 0
        for group in chain(*self.groups.values()):
            end = start + group.size
            here = wanted[slice(*np.searchsorted(wanted, (start, end)))].tolist()
            images = group.images() if here else []
            yield from ((number, images[number - start]) for number in here)
            start = end


def write(raw: Raw, root: Path = PATH) -> dict[str, int]:
    """Write `<root>/<split>-00000-of-00001.parquet` for every split; return images per split."""
    schema, counts = huggingface.schema(raw.classes), dict[str, int]()
    with files.replacing(root) as folder:
        folder.mkdir()
        for split, images in raw.splits.items():
            place = folder / f"{split}-00000-of-00001.parquet"
            counts[split] = 0
            # The images are compressed already; their statistics would be images in the footer.
            with (
                Progress(f"pack {split}", None, "images") as progress,
                pq.ParquetWriter(
                    place,
                    schema,
                    compression="none",
                    use_dictionary=["label"],
                    write_statistics=["label"],
                ) as file,
            ):
                for group in _groups(images):
                    file.write_table(_table(group, schema))
                    counts[split] += len(group)
                    progress.advance(len(group))
    return counts


def read(root: Path = PATH) -> Published:
    """Read labels and classes, and find the images.

    Raises:
        UserError: nothing was downloaded, a file is damaged or missing, or they do not match.
    """
    labels, groups = dict[str, Int64[np.ndarray, " n"]](), dict[str, list[Group]]()
    classes = set[tuple[str, ...]]()
    with files.reading(root, "download"):
        shards = huggingface.shards(root)
    for split, paths in shards.items():
        parts, groups[split] = list[Int64[np.ndarray, " _"]](), []
        for path in paths:
            with files.reading(path, "download"), pq.ParquetFile(path) as file:
                classes.add(huggingface.classes(file))
                if len(classes) > 1:
                    raise ValueError("its classes are not those of the other files")
                parts.append(huggingface.labels(file))
                groups[split] += [
                    Group(path, *group) for group in enumerate(huggingface.sizes(file))
                ]
        labels[split] = np.concatenate(parts)
    return Published(classes.pop(), labels, groups)


def _table(group: list[Image], schema: pa.Schema) -> pa.Table:
    rows = [{"image": {"bytes": i.data, "path": i.path}, "label": i.label} for i in group]
    return pa.Table.from_pylist(rows, schema)


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
