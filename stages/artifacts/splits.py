"""Artifact `data/splits`: the images in training form, one folder a split.

`images.npy` and `labels.npy` are read through a memory map, so that a split may be larger than
memory; `meta.json` says what all splits share.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8
from numpy.lib.format import open_memmap
from pydantic import NonNegativeInt

from stages import files
from stages.nets.interface import Interface
from stages.params import Params

PATH = Path("data/splits")


class Split(NamedTuple):
    """Images with their labels, in a fixed order."""

    images: UInt8[np.ndarray, "n h w c"]
    labels: Int64[np.ndarray, " n"]  # indices into the classes


class Meta(Params):
    """What all splits share, and how large they are."""

    interface: Interface
    counts: dict[str, NonNegativeInt]  # images per split


def write(meta: Meta, splits: dict[str, Split], root: Path = PATH) -> None:
    """Write each split to `<root>/<name>/`, and what they share to `<root>/meta.json`."""
    with files.replacing(root) as folder:
        for name, split in splits.items():
            (folder / name).mkdir(parents=True)
            np.save(folder / name / "images.npy", split.images)
            np.save(folder / name / "labels.npy", split.labels)
        files.write_json(folder / "meta.json", meta.model_dump(mode="json"))


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
