"""Artifact `data/splits`: the images in training form, one folder a split.

`images.npy` and `labels.npy` are read through a memory map, so that a split may be larger than
memory; `meta.json` says what all splits share.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8
from numpy.lib.format import open_memmap
from pydantic import NonNegativeInt

from stages import files
from stages.nets.interface import Interface
from stages.params import Params

PATH = Path("data/splits")
NAMES = ("train", "val", "test")
CHUNK_BYTES = 2**20  # of images, read at once


class Split(NamedTuple):
    """Images with their labels, in a fixed order."""

    images: UInt8[np.ndarray, "n h w c"]
    labels: Int64[np.ndarray, " n"]  # indices into the classes


class Meta(Params):
    """What all splits share, how large they are, and what is in none of them."""

    interface: Interface
    counts: dict[str, NonNegativeInt]  # images per split
    excluded: dict[str, str]  # the reason, by file


class Writer:
    """Splits that grow on the disk; of the images, only some are ever in memory."""

    def __init__(self, folder: Path, shape: tuple[int, int, int]) -> None:
        """Begin empty splits of images of shape [H, W, C]."""
        self.shape = shape
        self._folder = folder
        self._labels = {name: [np.array([], np.int64)] for name in NAMES}
        for name in NAMES:
            (folder / name).mkdir(parents=True)
            with self._images(name).open("xb") as file:
                self._head(file, 0)
                self._start = file.tell()  # of the pixels

    def append(self, name: str, part: Split) -> None:
        """Add images to the end of a split."""
        with self._images(name).open("ab") as file:
            file.write(np.ascontiguousarray(part.images).data)
        self._labels[name].append(part.labels)

    def labels(self, name: str) -> Int64[np.ndarray, " n"]:
        """Return the labels of a split so far."""
        return np.concatenate(self._labels[name])

    def images(self, name: str, rows: Int64[np.ndarray, " m"]) -> UInt8[np.ndarray, "m h w c"]:
        """Return some images of a split."""
        shape = (len(self.labels(name)), *self.shape)
        pixels = np.memmap(self._images(name), np.uint8, "r", self._start, shape)
        return np.array(pixels[rows])

    def chunks(self, name: str) -> Iterator[UInt8[np.ndarray, "_ h w c"]]:
        """Read the images of a split so far, some at a time; a whole map would count as memory."""
        size = int(np.prod(self.shape))
        with self._images(name).open("rb") as file:
            file.seek(self._start)
            while chunk := file.read(max(1, CHUNK_BYTES // size) * size):
                yield np.frombuffer(chunk, np.uint8).reshape(-1, *self.shape)

    def leave_out(self, name: str, rows: Int64[np.ndarray, " l"]) -> None:
        """Take some images out of a split again."""
        if not len(rows):
            return
        kept, start = np.ones(len(self.labels(name)), bool), 0
        kept[rows] = False
        place = self._images(name).with_name("kept.npy")
        with place.open("xb") as file:
            self._head(file, 0)
            for chunk in self.chunks(name):
                file.write(chunk[kept[start : start + len(chunk)]].data)
                start += len(chunk)
        place.replace(self._images(name))
        self._labels[name] = [self.labels(name)[kept]]

    def finish(self, interface: Interface, excluded: Mapping[str, str]) -> None:
        """Write the labels, what all splits share, and why files are in none of them."""
        counts = {name: len(self.labels(name)) for name in NAMES}
        meta = Meta(interface=interface, counts=counts, excluded={**excluded})
        for name in NAMES:
            np.save(self._folder / name / "labels.npy", self.labels(name))
            with self._images(name).open("r+b") as file:
                self._head(file, len(self.labels(name)))
        files.write_json(self._folder / "meta.json", meta.model_dump(mode="json"))

    def _images(self, name: str) -> Path:
        return self._folder / name / "images.npy"

    def _head(self, file: IO[bytes], count: int) -> None:
        """Write the head of an .npy file; NumPy pads it, so that any count has the same length."""
        head = {"descr": "|u1", "fortran_order": False, "shape": (count, *self.shape)}
        np.lib.format.write_array_header_1_0(file, head)


@contextmanager
def writer(shape: tuple[int, int, int], root: Path = PATH) -> Iterator[Writer]:
    """Yield a writer of splits of images [H, W, C]; they are in their place when the block ends."""
    with files.replacing(root) as folder:
        yield Writer(folder, shape)


def read(name: str, root: Path = PATH) -> Split:
    """Map one split into memory.

    Raises:
        UserError: it is missing or damaged.
    """
    folder = root / name
    with files.reading(folder, "preprocess"):
        # Mode c: pages of its own if somebody writes to them; the file is never changed.
        images = open_memmap(folder / "images.npy", mode="c")
        labels = open_memmap(folder / "labels.npy", mode="c")
        found = str(images.dtype), images.ndim, str(labels.dtype), labels.shape
        if found != ("uint8", 4, "int64", images.shape[:1]):
            raise ValueError(
                f"images are {images.dtype} {images.shape}, labels {labels.dtype} {labels.shape}, "
                "expected uint8 [N, H, W, C] and int64 [N]"
            )
    return Split(images, labels)


def read_meta(root: Path = PATH) -> Meta:
    """Read what all splits share.

    Raises:
        UserError: it is missing or damaged.
    """
    path = root / "meta.json"
    with files.reading(path, "preprocess"):
        return Meta.model_validate_json(path.read_bytes())
