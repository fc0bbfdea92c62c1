"""Images of a large split in several .npy files, which are indexed as one array.

A part holds the images of its split that come from consecutive row groups of data/raw. Where one
ends is known before anything is decoded, so whoever decodes those row groups writes the part, and
its bytes depend on nobody else.
"""

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8
from numpy.lib import format as npy

from stages import files
from stages.artifacts.growing import CHUNK_BYTES, GrowingArray
from stages.stored import FileOfImages, StoredImages


def path_of(folder: Path, number: int) -> Path:
    """Return the path of a part of the split in a folder."""
    return folder / f"images-{number:05}.npy"


def exist(folder: Path) -> bool:
    """Return whether there are parts in the folder of a split."""
    return any(folder.glob("images-*.npy"))


class PartedImages:
    """Images uint8 [N, H, W, C] in several files: what is indexed is read into memory."""

    dtype, ndim = np.dtype(np.uint8), 4

    def __init__(self, parts: Sequence[FileOfImages], shape: tuple[int, ...]) -> None:
        """Take the files in the order of their images, of shape [H, W, C]."""
        self.stored = StoredImages(parts, shape)
        self.shape = self.stored.shape

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """Bytes of all images."""
        return prod(self.shape)

    def __getitem__(self, rows: int | slice | np.ndarray) -> UInt8[np.ndarray, "..."]:
        """Read an image, or those of a slice or of an array of indices or of booleans."""
        wanted = np.arange(len(self))[rows]
        read = self.stored.read(np.atleast_1d(wanted))
        return read if wanted.ndim else read[0]

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        """Read all images, as NumPy asks for them."""
        return self[:]

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield every image."""
        for chunk in self.chunks():
            yield from chunk

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield all images in their order, about 1 MiB at a time."""
        step = max(1, CHUNK_BYTES // max(1, prod(self.shape[1:])))
        for start in range(0, len(self), step):
            yield self[start : start + step]


def read(folder: Path, counts: Sequence[int], shape: tuple[int, ...]) -> PartedImages:
    """Open the parts of a split, of which those with `counts` images are to be there.

    Raises:
        UserError: one is missing, damaged or not of this split.
    """
    numbered = [(path_of(folder, number), count) for number, count in enumerate(counts) if count]
    for stray in sorted({*folder.glob("images*.npy")} - {path for path, _ in numbered}):
        with files.reading(stray, "preprocess"):
            raise ValueError("meta.json knows of no such part")
    return PartedImages([_open(path, (count, *shape)) for path, count in numbered], shape)


def _open(path: Path, shape: tuple[int, ...]) -> FileOfImages:
    """Check the header and the size of a part.

    Raises:
        UserError: it is missing, damaged or holds something else.
    """
    with files.reading(path, "preprocess"), path.open("rb") as file:
        if npy.read_magic(file) != (1, 0):
            raise ValueError("it is of another version of NumPy's format")
        found, by_column, dtype = npy.read_array_header_1_0(file)
        if (found, by_column, dtype) != (shape, False, np.dtype(np.uint8)):
            raise ValueError(f"it holds {dtype} {list(found)}, meta.json says {list(shape)}")
        offset, size = file.tell(), path.stat().st_size
        if size != offset + prod(shape):
            raise ValueError(f"it has {size:,} bytes instead of {offset + prod(shape):,}")
    return FileOfImages(path, offset, shape[0])


class GrowingParts:
    """Parts that others write, each added here once its file is whole."""

    def __init__(self, folder: Path, shape: tuple[int, ...], count: int) -> None:
        """Create the folder for so many parts of images of shape [H, W, C]."""
        self._folder, self._shape = folder, shape
        self.counts = [0] * count  # images in each
        self._opened: PartedImages | None = None
        folder.mkdir(parents=True)

    def add(self, number: int, images: int) -> None:
        """Count images that stand in a part."""
        self.counts[number] += images
        self._opened = None

    def read(self, rows: Int64[np.ndarray, " m"]) -> UInt8[np.ndarray, "m h w c"]:
        """Return some images, as an array in memory."""
        return self._images()[rows]

    def remove(self, rows: Int64[np.ndarray, " l"]) -> None:
        """Remove images again; only the files that hold them are written anew."""
        ends = np.cumsum(self.counts)
        owners = np.searchsorted(ends, rows, "right")
        for number in np.unique(owners).tolist():
            path = path_of(self._folder, number)
            file = GrowingArray(path, np.uint8, self._shape, exists=True)
            file.remove(rows[owners == number] - (ends[number] - self.counts[number]))
            file.finish()
            self.counts[number] = len(file)
            if not len(file):
                path.unlink()
        self._opened = None

    def move(self, folder: Path) -> None:
        """Move the parts to another folder of this disk."""
        for path in self._folder.glob("images-*.npy"):
            path.rename(folder / path.name)
        self._folder, self._opened = folder, None

    def _images(self) -> PartedImages:
        if self._opened is None:
            self._opened = read(self._folder, self.counts, self._shape)
        return self._opened
