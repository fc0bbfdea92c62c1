"""The interface of a tracker, and the names and values that it records."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from stages import address
from stages.artifacts.history import Epoch
from stages.params import Params

PROJECT = "reprise"  # where trackers put the runs, unless their own variables say otherwise
Ending: TypeAlias = Literal["FINISHED", "FAILED", "KILLED"]
Number: TypeAlias = int | float
Plain: TypeAlias = str | Number


class Told(NamedTuple):
    """Key, name and parameters of a training, as a tracker records them."""

    key: str  # of all that determines the result, by which a killed training finds its run again
    name: str
    params: Mapping[str, Plain]
    folder: Path  # for what a tracker keeps on this machine; not in Git
    done: int  # epochs of which a checkpoint knows


class TrackedRun(ABC):
    """A training as a tracker has it."""

    epochs: int  # that it has

    @abstractmethod
    def log(self, epochs: Sequence[Epoch]) -> None:
        """Add epochs, which follow those that it has."""

    @abstractmethod
    def score(self, best: Epoch) -> None:
        """Add the scores of the epoch whose weights are kept."""

    @abstractmethod
    def end(self, how: Ending) -> None:
        """End the run."""


def plain(params: Params) -> dict[str, Plain]:
    """Return parameters by dotted names: numbers and text as they are, others as JSON.

    Addresses lose what may be secret.
    """
    section = type(params).__name__.lower()
    return {
        f"{section}.{name}": _plain(value) for name, value in params.model_dump(mode="json").items()
    }


def points(epoch: Epoch) -> dict[str, Number]:
    """Return the scores of an epoch by the names of their columns in metrics/history.csv."""
    values = {**epoch._asdict()}
    del values["epoch"]
    return values


def best_scores(best: Epoch) -> dict[str, Number]:
    """Return the scores of the epoch whose weights are kept."""
    return {
        "best_epoch": best.epoch,
        "best_val_accuracy": best.val_accuracy,
        "best_val_loss": best.val_loss,
    }


def _plain(value: object) -> Plain:
    if isinstance(value, str):
        return address.public(value)
    return value if type(value) in {int, float} else json.dumps(value)  # type: ignore[return-value]
