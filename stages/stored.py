"""Images that stay on the disk: their rows are read when they are wanted.

Not through a memory map: what it has read counts as memory of the process, a fault of it brings in
the pages around, and a file that ends early, or a disk that fails, kills the process.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from io import FileIO
from itertools import pairwise
from math import prod
from mmap import mmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8

from stages import files
from stages.errors import UserError

BLOCK = 2**24  # bytes that are read at once where all are wanted
BUFFERS = 1024  # that the system fills by one call: IOV_MAX of Linux


class FileOfImages(NamedTuple):
    """A file of some images, one after the other."""

    path: Path
    offset: int  # byte at which the first one begins
    images: int


class FileState(NamedTuple):
    """By which a file is known from another of the same name."""

    inode: int
    size: int  # bytes
    changed: int  # nanoseconds


class StoredImages:
    """The images of a split, in one file or several."""

    def __init__(self, parts: Sequence[FileOfImages], shape: Sequence[int]) -> None:
        """Take the files in the order of their images, of shape [H, W, C]."""
        self.parts = tuple(parts)
        self._ends = np.cumsum([part.images for part in parts], dtype=np.int64)
        self.shape = (sum(part.images for part in parts), *shape)
        self._image_bytes = prod(shape)
        self._seen = dict[Path, FileState]()  # of files that have been read

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> "StoredImages":
        """Return consecutive images, without reading them."""
        start, stop, _ = rows.indices(len(self))
        kept = []
        for part, end in zip(self.parts, self._ends.tolist(), strict=True):
            begin = end - part.images
            low, high = max(start, begin) - begin, min(stop, end) - begin
            if low < high:
                offset = part.offset + low * self._image_bytes
                kept.append(FileOfImages(part.path, offset, high - low))
        return StoredImages(kept, self.shape[1:])

    @property
    def nbytes(self) -> int:
        """Return the bytes of all images."""
        return len(self) * self._image_bytes

    def read(self, rows: Int64[np.ndarray, " m"]) -> UInt8[np.ndarray, "m h w c"]:
        """Read some images, in the order of the files, whatever theirs is.

        Raises:
            UserError: a file is missing, cannot be read, or ends early.
            IndexError: there is no such image.
        """
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self):
            raise IndexError(f"images {rows.min()} to {rows.max()} of {len(self)}")
        made = np.empty((len(rows), *self.shape[1:]), np.uint8)
        order = np.argsort(rows, kind="stable")
        owners = np.searchsorted(self._ends, rows[order], "right")
        bounds = np.flatnonzero(np.diff(owners, prepend=-1)).tolist()
        for start, end in pairwise([*bounds, len(rows)]):
            number, places = owners[start], order[start:end]
            first = self._ends[number] - self.parts[number].images
            self._require_same(
                self.parts[number].path,
                _fill(self.parts[number], rows[places] - first, places, made),
            )
        return made

    def _require_same(self, path: Path, found: FileState) -> None:
        """Refuse a file that another one has replaced since it was first read.

        Raises:
            UserError: it has been replaced, as by `dvc checkout`.
        """
        if self._seen.setdefault(path, found) != found:
            raise UserError(
                f"{path}: was replaced or changed while it was read; leave data/splits alone while "
                "a stage runs, and run it again"
            )


def stored(images: UInt8[np.ndarray, "n h w c"]) -> StoredImages | None:
    """Return the images of a memory map as those of its file; None for an array in memory."""
    if not (isinstance(images, np.memmap) and isinstance(images.base, mmap)):
        return None
    path = Path(str(images.filename))
    return StoredImages([FileOfImages(path, images.offset, len(images))], images.shape[1:])


def blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Yield an array of any kind in pieces, read from its file where it is mapped from one."""
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    for start in range(0, len(flat), BLOCK):
        piece = flat[start : start + BLOCK]
        if isinstance(array, np.memmap) and isinstance(array.base, mmap):
            made = np.empty_like(piece)
            part = FileOfImages(Path(str(array.filename)), array.offset + start, 1)
            _fill(part, np.zeros(1, np.int64), np.zeros(1, np.int64), made[None])
            piece = made
        yield piece


def _fill(
    part: FileOfImages,
    rows: Int64[np.ndarray, " k"],
    places: Int64[np.ndarray, " k"],
    made: UInt8[np.ndarray, "..."],
) -> FileState:
    """Read ascending rows of a file to their places; those that adjoin, by one call.

    Returns the state of the file that was read.

    Raises:
        UserError: the file is missing, cannot be read, or ends early.
    """
    length = made[0].nbytes
    whole = memoryview(made.reshape(-1).data)
    begins = np.flatnonzero(np.diff(rows, prepend=-2) != 1).tolist()
    targets = [whole[place * length : (place + 1) * length] for place in places.tolist()]
    with files.reading(part.path, "preprocess"), part.path.open("rb", buffering=0) as file:
        if sys.platform == "linux":  # no reading ahead: the rows beside are not wanted
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for start, end in pairwise([*begins, len(rows)]):
            _read(file, part.offset + int(rows[start]) * length, targets[start:end])
        status = os.fstat(file.fileno())
    return FileState(status.st_ino, status.st_size, status.st_mtime_ns)


def _read(file: FileIO, offset: int, targets: list[memoryview]) -> None:
    """Fill some memory, piece by piece, from a place of a file on."""
    while targets:
        got = _scatter(file, offset, targets[:BUFFERS])
        if not got:
            raise EOFError(f"it ends at byte {offset:,}, before its images do")
        offset += got
        while targets and got >= len(targets[0]):
            got -= len(targets.pop(0))
        if got:  # of a signal, or at the end of the file
            targets[0] = targets[0][got:]


def _scatter(file: FileIO, offset: int, targets: list[memoryview]) -> int:
    """Fill some memory from a place of a file on, or its beginning; return how many bytes."""
    if hasattr(os, "preadv"):  # not on Windows
        return int(os.preadv(file.fileno(), targets, offset))
    file.seek(offset)
    return file.readinto(targets[0])
