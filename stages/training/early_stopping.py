"""Early stopping, and the choice of the best epoch."""

from collections.abc import Sequence
from math import inf, isnan
from typing import Literal

from pydantic import Field

from stages.artifacts.history import Epoch
from stages.params import Epochs, Params


class EarlyStopping(Params):
    """Parameters of early stopping."""

    best: Literal["accuracy", "loss"] = Field(
        description="validation score that decides which epoch's weights are kept"
    )
    patience: Epochs | None = Field(
        description="epochs without a better one after which training stops; null: never"
    )


def sort_key(epoch: Epoch, params: EarlyStopping) -> tuple[float, float]:
    """Return the key that is highest for the best epoch; the other score breaks ties.

    A loss that is no number is the worst of all.
    """
    gain = -inf if isnan(epoch.val_loss) else -epoch.val_loss
    if params.best == "loss":
        return gain, epoch.val_accuracy
    return epoch.val_accuracy, gain


def best_index(epochs: Sequence[Epoch], params: EarlyStopping) -> int:
    """Return the index of the best of one or more epochs, the first of equals."""
    return max(range(len(epochs)), key=lambda index: sort_key(epochs[index], params))


def should_stop(epochs: Sequence[Epoch], params: EarlyStopping) -> bool:
    """Tell whether as many epochs as `patience` says have passed since the best one."""
    if params.patience is None or not epochs:
        return False
    return len(epochs) - 1 - best_index(epochs, params) >= params.patience
