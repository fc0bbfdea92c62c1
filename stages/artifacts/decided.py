"""Artifact `data/decided.json`: which images that came in a person has decided about, and how.

`inspect` writes it beside its findings. It is no part of data/raw: to keep an image as it is
changes nothing that a network learns from.
"""

from pathlib import Path
from typing import NamedTuple

from stages import files
from stages.params import Params

PATH = Path("data/decided.json")


class DecidedImage(NamedTuple):
    """An image that came in, and what was decided, in the words of a review."""

    split: str  # in which it was published
    path: str
    label: str  # that it has now
    decision: str


class DecidedImages(Params):
    """The decided images of a data set."""

    splits: tuple[str, ...]  # that were published
    images: tuple[DecidedImage, ...]


def write(decided: DecidedImages, path: Path = PATH) -> None:
    """Write it as JSON."""
    files.write_json(path, decided.model_dump(mode="json"))


def read(path: Path = PATH) -> DecidedImages:
    """Read it.

    Raises:
        UserError: it is missing or damaged.
    """
    with files.reading(path, "download"):
        return DecidedImages.model_validate_json(path.read_bytes())
