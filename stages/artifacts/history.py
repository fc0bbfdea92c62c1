"""Artifact `metrics/history.csv`: one row an epoch."""

import csv
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from stages import files

PATH = Path("metrics/history.csv")


class Epoch(NamedTuple):
    """The scores of one epoch."""

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
        epochs = [
            Epoch(int(row.pop("epoch")), **{name: float(cell) for name, cell in row.items()})
            for row in csv.DictReader(file, strict=True)
        ]
        for number, epoch in enumerate(epochs, 1):
            if epoch.epoch != number or not _is_sane(epoch):
                raise ValueError(f"row {number} is none of a training: {tuple(epoch)}")
        return epochs


def _is_sane(epoch: Epoch) -> bool:
    shares = epoch.train_accuracy, epoch.val_accuracy
    return all(map(isfinite, epoch)) and all(0 <= share <= 1 for share in shares)
