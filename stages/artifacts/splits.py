"""Artifact `data/splits`: the images in training form, one folder a split.

`images.npy` and `labels.npy` are read through a memory map, so that a split may be larger than
memory; of a large set, the images are in parts, `images-00000.npy` and so on. `paths.jsonl` holds
the path of each image in the source; `meta.json` what all splits share.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, cast
from uuid import uuid4

import numpy as np
from jaxtyping import Int64, UInt8
from numpy.lib.format import open_memmap
from pydantic import Field, NonNegativeInt

from stages import files
from stages.artifacts import growing, parts
from stages.artifacts.cleaned import CleaningCounts
from stages.artifacts.growing import GrowingArray, GrowingLines
from stages.artifacts.parts import GrowingParts
from stages.nets.interface import Interface, flaws
from stages.params import Params

PATH = Path("data/splits")
NAMES = ("train", "val", "test")


class Split(NamedTuple):
    """Images with their labels, in a fixed order."""

    images: UInt8[np.ndarray, "n h w c"]
    labels: Int64[np.ndarray, " n"]  # indices into the classes


class Meta(Params):
    """Interface of the images, number of images in each split, and excluded files."""

    interface: Interface
    counts: dict[str, NonNegativeInt]  # images per split
    excluded: dict[str, str]  # the reason, by file
    # Images with the pixels of others, counted by kind, for the report; older files lack it.
    duplicates: dict[str, NonNegativeInt] = Field(default_factory=dict)
    # Whether images were split anew: then they may have been published in another split.
    fresh: bool = False
    # Images in each file of a split that is in parts.
    parts: dict[str, list[NonNegativeInt]] = Field(default_factory=dict)
    # What tables of data/cleaning changed, if anything.
    cleaned: CleaningCounts | None = None


class Writer:
    """Splits that are written to the disk in parts; they may be larger than memory."""

    def __init__(self, folder: Path, shape: tuple[int, int, int]) -> None:
        """Create empty splits of images of shape [H, W, C]."""
        self.shape, self._folder = shape, folder.resolve()
        self.cleaned: CleaningCounts | None = None  # set before it is finished
        self._parts = dict[str, GrowingParts]()  # instead of images, of a large set
        for name in NAMES:
            (folder / name).mkdir(parents=True)
        self._images = {
            name: GrowingArray(_images(folder, name), np.uint8, shape) for name in NAMES
        }
        self._labels = {name: GrowingArray(_labels(folder, name), np.int64, ()) for name in NAMES}
        self._paths = {name: GrowingLines(_paths(folder, name)) for name in NAMES}

    def append(self, name: str, part: Split, paths: Sequence[str]) -> None:
        """Add images to the end of a split; their paths are those in the source."""
        self._paths[name].append(paths)
        self._images[name].append(part.images)
        self._labels[name].append(part.labels)

    def expect_parts(self, count: int) -> Path:
        """Expect so many parts of each split; return the folder in which others write them.

        It has another name in every run: a worker that is still at a part of a run that was stopped
        cannot write into this one's.
        """
        self._written = self._folder / f"{uuid4()}"
        for name in NAMES:
            del self._images[name]
            _images(self._folder, name).unlink()
            self._parts[name] = GrowingParts(self._written / name, self.shape, count)
        return self._written

    def add(self, name: str, number: int, labels: np.ndarray, paths: Sequence[str]) -> None:
        """Add labels and paths of images that stand in the part of this number."""
        self._parts[name].add(number, len(labels))
        self._paths[name].append(paths)
        self._labels[name].append(labels)

    def count(self, name: str) -> int:
        """Count the images of a split so far."""
        return len(self._labels[name])

    def labels(self, name: str) -> Int64[np.ndarray, " n"]:
        """Return the labels of a split so far."""
        return self._labels[name].read()

    def images(self, name: str, rows: Int64[np.ndarray, " m"]) -> UInt8[np.ndarray, "m h w c"]:
        """Return the images of some rows of a split."""
        return (self._parts or self._images)[name].read(rows)

    def remove(self, name: str, rows: Int64[np.ndarray, " l"]) -> None:
        """Remove images from a split again, by their rows."""
        if len(rows):
            (self._parts or self._images)[name].remove(rows)
            self._labels[name].remove(rows)
            self._paths[name].remove(rows)

    def finish(
        self,
        interface: Interface,
        excluded: Mapping[str, str],
        duplicates: Mapping[str, int] = MappingProxyType({}),
        *,
        fresh: bool = False,
    ) -> None:
        """Complete the headers of the arrays, and write meta.json."""
        for file in (*self._images.values(), *self._labels.values()):
            file.finish()
        counts = {name: self.count(name) for name in NAMES}
        for name, made in self._parts.items():
            made.move(self._folder / name)
        if self._parts:
            files.remove(self._written)  # with what workers that were killed have left
        parted = {name: made.counts for name, made in self._parts.items()}
        meta = Meta(
            interface=interface,
            counts=counts,
            excluded={**excluded},
            duplicates={**duplicates},
            fresh=fresh,
            parts=parted,
            cleaned=self.cleaned,
        )
        optional = {"parts": parted, "fresh": fresh, "cleaned": self.cleaned}
        unused = {name for name, said in optional.items() if not said}
        files.write_json(self._folder / "meta.json", meta.model_dump(mode="json", exclude=unused))


@contextmanager
def writer(shape: tuple[int, int, int], root: Path = PATH) -> Iterator[Writer]:
    """Yield a writer of splits of images [H, W, C]; when the block ends, they replace `root`."""
    with files.replacing(root) as folder:
        yield Writer(folder, shape)


def read(name: str, root: Path = PATH) -> Split:
    """Map one split into memory; its labels are checked, its pixels are not read.

    Raises:
        UserError: it is missing or damaged, or not what meta.json says of it.
    """
    parted = _open_parts(root, name)
    with files.reading(root / name, "preprocess"):
        # Mode c, copy on write: the file is never changed.
        images = open_memmap(_images(root, name), mode="c") if parted is None else parted
        labels = open_memmap(_labels(root, name), mode="c")
        found = str(images.dtype), images.ndim, str(labels.dtype), labels.shape
        if found != ("uint8", 4, "int64", images.shape[:1]):
            raise ValueError(
                f"images are {images.dtype} {images.shape}, labels {labels.dtype} {labels.shape}, "
                "expected uint8 [N, H, W, C] and int64 [N]"
            )
    meta, split = read_meta(root), Split(images, labels)
    with files.reading(root / name, "preprocess"):
        _require(meta, name, split)
    return split


def _open_parts(root: Path, name: str) -> UInt8[np.ndarray, "n h w c"] | None:
    """Open the images of a split that is in parts; None where they are in one file.

    Raises:
        UserError: a part is missing, damaged or none of this split.
    """
    there = parts.exist(root / name)
    if not there and (_images(root, name).exists() or not (root / "meta.json").exists()):
        return None
    meta = read_meta(root)
    if not there and name not in meta.parts:
        return None
    interface = meta.interface
    shape = interface.height, interface.width, interface.channels
    found = parts.read(root / name, meta.parts.get(name, []), shape)
    return cast("np.ndarray", found)  # what is done with images, it does as well


def _require(meta: Meta, name: str, split: Split) -> None:
    """Compare a split with meta.json: a damaged file may still be a whole array.

    Raises:
        ValueError: it has another number or shape of images, or a label of no class.
    """
    interface = meta.interface
    shape = (meta.counts.get(name), interface.height, interface.width, interface.channels)
    if split.images.shape != shape:
        raise ValueError(f"images are {list(split.images.shape)}, meta.json says {list(shape)}")
    least, most = (
        (int(split.labels.min()), int(split.labels.max())) if len(split.labels) else (0, 0)
    )
    if not 0 <= least <= most < len(interface.classes):
        raise ValueError(
            f"labels are {least} to {most}, of {len(interface.classes)} classes, from 0"
        )


def read_paths(name: str, root: Path = PATH) -> Sequence[str]:
    """Read the paths in the source of the images of a split, in their order.

    Raises:
        UserError: the file is missing or damaged.
    """
    with files.reading(_paths(root, name), "preprocess"):
        paths = growing.read_lines(_paths(root, name))
    count = read_meta(root).counts.get(name)
    with files.reading(_paths(root, name), "preprocess"):
        if len(paths) != count:
            raise ValueError(f"holds {len(paths)} names, meta.json says {count}")
    return paths


def read_meta(root: Path = PATH) -> Meta:
    """Read what all splits share.

    Raises:
        UserError: it is missing or damaged.
    """
    path = root / "meta.json"
    with files.reading(path, "preprocess"):
        meta = Meta.model_validate_json(path.read_bytes())
        if flaw := flaws(meta.interface, may_be_open=True):
            raise ValueError(flaw)
        return meta


def _images(root: Path, name: str) -> Path:
    return root / name / "images.npy"


def _labels(root: Path, name: str) -> Path:
    return root / name / "labels.npy"


def _paths(root: Path, name: str) -> Path:
    return root / name / "paths.jsonl"
