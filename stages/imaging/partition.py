"""Which image belongs to which split."""

from math import ceil

import numpy as np
from jaxtyping import Int64
from pydantic import Field, model_validator
from sklearn.model_selection import train_test_split

from stages.errors import UserError
from stages.params import Params, Seed

REMEDY = (
    "give every class more images, or mend preprocess.val_fraction and preprocess.test_fraction"
)


class Partition(Params):
    """Parameters of the split; train gets the rest."""

    seed: Seed = Field(description="decides which image goes to which split")
    val_fraction: float = Field(gt=0, lt=1, description="share of the images for validation")
    test_fraction: float = Field(gt=0, lt=1, description="share of the images for the test")

    @model_validator(mode="after")
    def _leave_some_for_train(self) -> "Partition":
        if self.val_fraction + self.test_fraction >= 1:
            raise ValueError(
                f"val_fraction + test_fraction must be less than 1, "
                f"is {self.val_fraction + self.test_fraction:g}"
            )
        return self


def partition(
    labels: Int64[np.ndarray, " n"], params: Partition
) -> dict[str, Int64[np.ndarray, " _"]]:
    """Give each split its share of every class; return ascending indices, by split.

    Raises:
        UserError: a class has too few images to be in every split.
    """
    everyone = np.arange(len(labels))
    try:
        rest, test = train_test_split(
            everyone,
            test_size=_count(params.test_fraction, labels),
            stratify=labels,
            random_state=params.seed,
        )
        train, val = train_test_split(
            rest,
            test_size=_count(params.val_fraction, labels),
            stratify=labels[rest],
            random_state=params.seed,
        )
    except ValueError as error:
        raise UserError(f"the images cannot be split: {error}; {REMEDY}") from error
    parts = {"train": np.sort(train), "val": np.sort(val), "test": np.sort(test)}
    for name, part in parts.items():
        if absent := np.setdiff1d(labels, labels[part]).tolist():
            raise UserError(f"{name} would have no image of the classes {absent}; {REMEDY}")
    return parts


def _count(fraction: float, labels: Int64[np.ndarray, " n"]) -> int:
    """Return that share of the images, rounded up, but not for noise: 0.07 x 100 is 7, not 8."""
    return ceil(round(fraction * len(labels), 6))
