"""All images, as splits are cut off them, and what each split must have of them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from reprise.escaping import printable
from stages.errors import UserError

FEW_IMAGES = (
    "give every class more images, or mend preprocess.val_fraction and preprocess.test_fraction"
)
LISTED = 50  # classes in one message
Rows = Int64[np.ndarray, " _"]


class Stock(NamedTuple):
    """Labels of all images, and how they are split."""

    labels: Rows  # [N]
    classes: Sequence[str]  # [K]
    remedy: str = FEW_IMAGES
    seed: int = 0

    def check(self, split: str, found: Rows) -> None:
        """Refuse labels of a split without one of a class that other splits have.

        Raises:
            UserError: a class is missing.
        """
        if len(absent := np.setdiff1d(self.labels, found)):
            raise UserError(
                f"{split} would have no image of the classes {self.named(absent)}; {self.remedy}"
            )

    def named(self, labels: Rows) -> str:
        """Name the classes of labels, the first where there are many."""
        found = [printable(self.classes[label]) for label in np.unique(labels)]
        more = [f"and {len(found) - LISTED} more"] if len(found) > LISTED else []
        return ", ".join(found[:LISTED] + more) or "none"


def check_splits(labels: Mapping[str, Rows], classes: Sequence[str]) -> None:
    """Refuse splits from which too many images were left out.

    Raises:
        UserError: a split is empty, or train lacks a class.
    """
    for name, found in labels.items():
        if not len(found):
            raise UserError(f"no image of {name} is left; {FEW_IMAGES}")
    Stock(np.concatenate(list(labels.values())), classes).check("train", labels["train"])
