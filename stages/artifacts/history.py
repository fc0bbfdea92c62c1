"""Artifact `metrics/history.csv`: one row an epoch."""

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

    def merit(self) -> tuple[float, float]:
        """Return what the best epoch has most of: validation accuracy; if equal, least loss."""
        return self.val_accuracy, -self.val_loss


def write(epochs: Sequence[Epoch], path: Path = PATH) -> None:
    """Write a header and one row an epoch."""
    files.write_csv(path, Epoch._fields, epochs)
