"""Artifact `data/raw`: every image as published, still encoded, in a few Parquet files.

One file a published split, in the Hugging Face image layout: columns `image: {bytes, path}` and
`label`, the names of the classes in the schema, and `group` where images belong together. pandas,
DuckDB, Spark and `datasets` open it. Written and read a row group at a time: a data set may be
larger than memory.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import starmap
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int64

from stages import files
from stages.artifacts import cleaned, huggingface
from stages.artifacts.cleaned import Cleaned
from stages.artifacts.decided import DecidedImage
from stages.artifacts.huggingface import BYTES, GROUPS, LABELS, NAMES
from stages.progress import Progress

PATH = Path("data/raw")
# Of a row group, which each worker that decodes holds in memory.
GROUP_IMAGES = 512
GROUP_BYTES = 2 * 2**20


class Image(NamedTuple):
    """An encoded image and its class."""

    data: bytes  # PNG, JPEG, ..., as published
    path: str  # its name in the source
    label: int  # index into the classes
    group: str | None = None  # that of all images it belongs together with; all have one or none


class Raw(NamedTuple):
    """A published data set, to be written."""

    classes: tuple[str, ...]  # [K]
    splits: Mapping[str, Iterable[Image]]  # train, and val and test if published; read once
    passed_over: Mapping[str, int]  # files that are no images, by what they are
    examples: Mapping[str, Sequence[str]] = MappingProxyType({})  # names of some of them
    # Path and label of the images of each split, in the same order, without reading them.
    entries: Mapping[str, Iterable[tuple[str, int]]] = MappingProxyType({})
    grouped: bool = False  # whether the images have groups
    cleaned: Mapping[str, Cleaned] = MappingProxyType({})  # by split
    decided: Sequence[DecidedImage] = ()


class RowGroup(NamedTuple):
    """A row group: images that are read together."""

    file: Path
    number: int  # in the file
    start: int  # number of its first image, through all published splits
    size: int  # images
    held: tuple[Image, ...] | None = None  # its images, where the file cannot be read

    @property
    def rows(self) -> slice:
        """Range of its images, numbered through all splits."""
        return slice(self.start, self.start + self.size)

    def images(self) -> list[Image]:
        """Read the images.

        Raises:
            UserError: the file is damaged.
        """
        if self.held is not None:
            return [*self.held]
        with (
            files.reading(self.file, "download"),
            pq.ParquetFile(self.file, metadata=_footer(self.file)) as file,
        ):
            columns = file.read_row_group(self.number).flatten()  # the struct's members
            if any(columns[name].null_count for name in (BYTES, NAMES)):
                raise ValueError("there are images without bytes or path")
            names = [BYTES, NAMES, LABELS, *({GROUPS} & {*columns.column_names})]
            lists = (columns[name].to_pylist() for name in names)
            return list(starmap(Image, zip(*lists, strict=True)))


def _footer(path: Path) -> pq.FileMetaData:
    """Return the footer of a file, which takes as long to parse as it has row groups."""
    status = path.stat()
    return _parsed(path, status.st_size, status.st_mtime_ns)


@lru_cache(2)  # row groups come file by file
def _parsed(path: Path, *_: int) -> pq.FileMetaData:
    return pq.read_metadata(path)


class Published(NamedTuple):
    """A data set on disk: its labels, and where to read its images.

    Images are numbered through all splits, in the order of `labels`.
    """

    classes: tuple[str, ...]  # [K]
    labels: Mapping[str, Int64[np.ndarray, " n"]]  # by published split
    row_groups: list[RowGroup]  # of all splits
    cleaned: Cleaned = cleaned.NONE  # its rows are numbers of images

    def texts(self, column: str) -> pa.ChunkedArray:
        """Read a column of text of all images, and nothing else of them.

        Raises:
            UserError: a file is damaged, or lacks it.
        """
        parts = list[pa.Array]()
        for path in self._files():
            with files.reading(path, "download"), pq.ParquetFile(path) as file:
                parts += huggingface.texts(file, column).chunks
        return pa.chunked_array(parts, pa.large_string())

    def grouped(self) -> bool:
        """Return whether the images have groups.

        Raises:
            UserError: a file is damaged.
        """
        for path in self._files():
            with files.reading(path, "download"):
                if GROUPS in pq.read_schema(path).names:
                    return True
        return False

    def _files(self) -> list[Path]:
        return [*dict.fromkeys(group.file for group in self.row_groups)]

    def all_labels(self) -> Int64[np.ndarray, " n"]:
        """Return the labels of all splits."""
        return np.concatenate(list(self.labels.values()))

    def images(self, numbers: Int64[np.ndarray, " m"]) -> Iterator[Image]:
        """Yield the images of these numbers, which ascend; only their row groups are read."""
        for group in self.row_groups:
            bounds = np.searchsorted(numbers, (group.start, group.start + group.size))
            if len(here := numbers[slice(*bounds)] - group.start):
                images = group.images()
                yield from (images[row] for row in here)


def write(raw: Raw, root: Path = PATH) -> dict[str, int]:
    """Write `<root>/<split>-00000-of-00001.parquet` for every split; return images per split."""
    plain = huggingface.schema(raw.classes, grouped=raw.grouped)
    with files.replacing(root) as folder:
        folder.mkdir()
        counts = dict[str, int]()
        for split, images in raw.splits.items():
            more = raw.cleaned.get(split, cleaned.NONE).metadata()
            schema = plain.with_metadata({**plain.metadata, **more})
            what = "pack" if len(raw.splits) == 1 else f"pack published {split}"
            path = folder / f"{split}-00000-of-00001.parquet"
            with Progress(what, None, "images") as progress:
                counts[split] = _write_split(path, images, schema, progress)
        return counts


def _write_split(path: Path, images: Iterable[Image], schema: pa.Schema, progress: Progress) -> int:
    """Write the file of a split, a row group at a time; return the number of its images."""
    count = 0
    # The images are compressed already; their statistics would be images in the footer.
    options = {"compression": "none", "use_dictionary": ["label"], "write_statistics": ["label"]}
    with pq.ParquetWriter(path, schema, **options) as file:
        for group in _row_groups(images):
            rows = [
                {"image": {"bytes": i.data, "path": i.path}, "label": i.label, GROUPS: i.group}
                for i in group
            ]
            file.write_table(pa.Table.from_pylist(rows, schema))  # without what it does not name
            count += len(group)
            progress.advance(len(group))
    return count


def _row_groups(images: Iterable[Image]) -> Iterator[list[Image]]:
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


def read(root: Path = PATH) -> Published:
    """Read labels and classes, and where the row groups are.

    Raises:
        UserError: nothing was downloaded, a file is damaged or missing, or they do not match.
    """
    with files.reading(root, "download"):
        shards = huggingface.shards(root)
    labels, groups, start = dict[str, Int64[np.ndarray, " n"]](), list[RowGroup](), 0
    classes, changed = set[tuple[str, ...]](), list[Cleaned]()
    for split, paths in shards.items():
        parts = list[Int64[np.ndarray, " _"]]()
        for path in paths:
            with files.reading(path, "download"), pq.ParquetFile(path) as file:
                classes.add(huggingface.classes(file))
                if len(classes) > 1:
                    raise ValueError("its classes are not those of the other files")
                parts.append(huggingface.labels(file))
                changed.append(cleaned.parse(file.schema_arrow.metadata).after(start))
                for number, size in enumerate(huggingface.sizes(file)):
                    groups.append(RowGroup(path, number, start, size))
                    start += size
        labels[split] = np.concatenate(parts)
    return Published(classes.pop(), labels, groups, cleaned.together(changed))
