"""The images of a split in parts that others write."""

from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from stages.artifacts import parts
from stages.artifacts.growing import GrowingArray
from stages.artifacts.parts import PartedImages


class GrowingParts:
    """What is known of the parts, which are whole once they are added."""

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
            path = parts.path_of(self._folder, number)
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
            self._opened = parts.read(self._folder, self.counts, self._shape)
        return self._opened
