"""Assign every image to train, val or test."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Literal

import numpy as np
from jaxtyping import Int8, Int64
from pydantic import Field, model_validator

from reprise.escaping import printable
from stages.artifacts.splits import NAMES
from stages.errors import UserError
from stages.params import Params, Seed

REMEDY = (
    "give every class more images, or mend preprocess.val_fraction and preprocess.test_fraction"
)
LISTED = 50  # classes in one message
Rows = Int64[np.ndarray, " _"]


class Splitting(Params):
    """Parameters of splitting; train gets what val and test do not."""

    seed: Seed = Field(description="decides which image goes to which split")
    splits: Literal["published", "fresh"] = Field(
        description="published: as they came, and what is missing is cut off train; "
        "fresh: all images are split anew"
    )
    val_fraction: float = Field(gt=0, lt=1, description="share of train cut off for validation")
    test_fraction: float = Field(gt=0, lt=1, description="share of train cut off for the test")

    @model_validator(mode="after")
    def _leave_some_for_train(self) -> "Splitting":
        if self.val_fraction + self.test_fraction >= 1:
            raise ValueError(
                f"val_fraction + test_fraction must be less than 1, "
                f"is {self.val_fraction + self.test_fraction:g}"
            )
        return self


def assign_splits(
    labels: Mapping[str, Rows], classes: Sequence[str], params: Splitting
) -> Int8[np.ndarray, " _"]:
    """Return, of the images of all published splits, the index into NAMES of the split of each.

    A split that is cut off train has of every class its share.

    Raises:
        UserError: there are fewer than two classes, or a class is not in every split.
    """
    everyone = np.concatenate([*labels.values(), np.array([], np.int64)])  # [N]
    _check_two_classes(everyone, classes)
    parts = _published_splits(labels, params)
    check_classes("train", everyone[parts["train"]], everyone, classes)
    shares = {"test": params.test_fraction, "val": params.val_fraction}
    whole = len(parts["train"])
    for name in [name for name in shares if name not in parts]:
        count = ceil(round(shares[name] * whole, 6))  # 0.07 x 100 is 7, not 8 for noise
        _check_divisible(name, count, everyone[parts["train"]], classes)
        parts["train"], parts[name] = _cut_off(parts["train"], everyone, count, params.seed)
        check_classes(name, everyone[parts[name]], everyone, classes)
    check_classes("train", everyone[parts["train"]], everyone, classes)
    split_ids = np.empty(len(everyone), np.int8)
    for index, name in enumerate(NAMES):
        split_ids[parts[name]] = index
    return split_ids


def _check_two_classes(labels: Rows, classes: Sequence[str]) -> None:
    """Refuse images of fewer than two classes.

    Raises:
        UserError: there are fewer.
    """
    if len(np.unique(labels)) < 2:
        raise UserError(
            f"there are {len(labels)} images of the classes {_names(labels, classes)}; "
            "bring images of two classes at least"
        )


def _published_splits(labels: Mapping[str, Rows], params: Splitting) -> dict[str, Rows]:
    """Return the numbers of the images by published split; of `fresh`, all are in train."""
    ends = np.cumsum([len(rows) for rows in labels.values()])
    numbers = dict(zip(labels, np.split(np.arange(ends[-1]), ends[:-1]), strict=True))
    if params.splits == "fresh":
        return {"train": np.concatenate(list(numbers.values()))}
    if "train" not in numbers:
        raise UserError(
            f"only {', '.join(numbers)} is published, no train; "
            "set preprocess.splits: fresh to split all images anew"
        )
    return numbers


def _check_divisible(split: str, count: int, labels: Rows, classes: Sequence[str]) -> None:
    """Refuse to cut off a split where not every class can be in both parts.

    Raises:
        UserError: a class has a single image, or either part has fewer images than classes.
    """
    found, images = np.unique(labels, return_counts=True)
    if len(single := found[images < 2]):
        raise UserError(
            f"the images cannot be split: train and {split} need an image each of every class, and "
            f"there is one alone of {_names(single, classes)}; bring more, or take the class out"
        )
    if min(count, len(labels) - count) < len(found):
        raise UserError(
            f"the images cannot be split: {count} for {split} and {len(labels) - count} for train "
            f"are too few for the {len(found)} classes {_names(found, classes)}; {REMEDY}"
        )


def _cut_off(rows: Rows, labels: Rows, count: int, seed: int) -> list[Rows]:
    """Cut `count` images off, of every class its share; return what is left and what was cut."""
    # Not at the top: every worker imports this module too, and this import takes a second.
    from sklearn.model_selection import train_test_split  # noqa: PLC0415

    return list(train_test_split(rows, test_size=count, stratify=labels[rows], random_state=seed))


def check_splits(labels: Mapping[str, Rows], classes: Sequence[str]) -> None:
    """Refuse splits from which too many images were left out.

    Raises:
        UserError: a split is empty, or train lacks a class.
    """
    for name, found in labels.items():
        if not len(found):
            raise UserError(f"no image of {name} is left; {REMEDY}")
    check_classes("train", labels["train"], np.concatenate(list(labels.values())), classes)


def check_classes(split: str, found: Rows, everyone: Rows, classes: Sequence[str]) -> None:
    """Refuse a split without an image of a class that other splits have.

    Raises:
        UserError: a class is missing.
    """
    if len(absent := np.setdiff1d(everyone, found)):
        raise UserError(
            f"{split} would have no image of the classes {_names(absent, classes)}; {REMEDY}"
        )


def _names(labels: Rows, classes: Sequence[str]) -> str:
    found = [printable(classes[label]) for label in np.unique(labels)]
    more = [f"and {len(found) - LISTED} more"] if len(found) > LISTED else []
    return ", ".join(found[:LISTED] + more) or "none"
