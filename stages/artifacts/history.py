"""Artifact `metrics/history.csv`: one row an epoch."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stages import files

PATH = Path("metrics/history.csv")


class Epoch(NamedTuple):
    """What one pass over the training split achieved."""

    epoch: int  # from 1
    train_loss: float  # nats per image, averaged while the weights changed
    val_loss: float  # nats per image
    train_accuracy: float  # in [0, 1], likewise
    val_accuracy: float  # in [0, 1]
    lr: float  # learning rate of the last step


def write(epochs: Sequence[Epoch], path: Path = PATH) -> None:
    """Write a header and one row an epoch."""
    files.write_csv(path, Epoch._fields, epochs)


def read(path: Path = PATH) -> list[Epoch]:
    """Read the epochs.

    Raises:
        UserError: the file is missing or damaged.
    """
    with files.reading(path, "train"), path.open(encoding="utf-8", newline="") as file:
        return [
            Epoch(int(row.pop("epoch")), **{name: float(cell) for name, cell in row.items()})
            for row in csv.DictReader(file, strict=True)
        ]
