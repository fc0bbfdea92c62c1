"""Assign every image to train, val or test."""

from collections.abc import Collection, Mapping, Sequence
from math import ceil
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Int8
from pydantic import Field, model_validator

from stages.artifacts.splits import NAMES
from stages.errors import UserError
from stages.imaging import cutting, group_cutting
from stages.imaging.grouping import Groups
from stages.imaging.stock import FEW_IMAGES, Rows, Stock
from stages.params import Params, Seed

Folds = Annotated[int, Field(ge=2, le=1000)]


class Splitting(Params):
    """Parameters of splitting; train gets what val and test do not."""

    seed: Seed = Field(description="decides which image goes to which split")
    splits: Literal["published", "fresh"] = Field(
        description="published: as they came, and what is missing is cut off train; "
        "fresh: all images are split anew"
    )
    val_fraction: float = Field(gt=0, lt=1, description="share of train cut off for validation")
    test_fraction: float = Field(gt=0, lt=1, description="share of train cut off for the test")
    folds: Folds | None = Field(
        description="number of folds of all images, one of which is test; null: test_fraction says"
    )
    fold: int = Field(ge=0, lt=1000, description="the fold that is test, from 0 (folds)")

    @model_validator(mode="after")
    def _leave_some_for_train(self) -> "Splitting":
        if self.folds is None:
            if self.val_fraction + self.test_fraction >= 1:
                raise ValueError(
                    f"val_fraction + test_fraction must be less than 1, "
                    f"is {self.val_fraction + self.test_fraction:g}"
                )
            return self
        if self.fold >= self.folds:
            raise ValueError(f"fold must be less than folds, {self.folds}, is {self.fold}")
        if self.val_fraction + 1 / self.folds >= 1:
            raise ValueError(
                f"val_fraction must be less than what a fold leaves, {1 - 1 / self.folds:g}, "
                f"is {self.val_fraction:g}"
            )
        return self

    def wanted(self, whole: int, parts: Collection[str]) -> dict[str, int]:
        """Return how many of so many images of train go to each split that is not there yet."""
        return {
            name: ceil(round(share * whole, 6))  # 0.07 x 100 is 7, not 8 for noise
            for name, share in self.asked(parts).items()
            if name not in parts
        }

    def asked(self, published: Collection[str]) -> dict[str, float]:
        """Return the share of train that is cut off for each split that is not published."""
        kept = () if self.splits == "fresh" else published
        test = self.test_fraction if self.folds is None else 1 / self.folds
        shares = {"test": test, "val": self.val_fraction}
        return {name: share for name, share in shares.items() if name not in kept}


def assign_splits(
    labels: Mapping[str, Rows],
    classes: Sequence[str],
    params: Splitting,
    groups: Groups | None = None,
) -> Int8[np.ndarray, " _"]:
    """Return, of the images of all published splits, the index into NAMES of the split of each.

    A split that is cut off train has of every class its share, as far as groups stay whole.

    Raises:
        UserError: there are fewer than two classes, a class is not in every split, published splits
            share a group, or there are folds beside them.
    """
    everyone = np.concatenate([*labels.values(), np.array([], np.int64)])  # [N]
    remedy = FEW_IMAGES if groups is None else groups.remedy
    stock = Stock(everyone, classes, remedy, params.seed)
    _check_two_classes(stock)
    parts = _published_splits(labels, params)
    stock.check("train", everyone[parts["train"]])
    whole = len(parts["train"])
    if groups is not None:
        group_cutting.refuse_shared(parts, groups)
    if params.folds is not None:
        parts |= _fold_off(stock, params, groups)
    parts |= _cut_off(stock, groups, parts["train"], params.wanted(whole, parts))
    stock.check("train", everyone[parts["train"]])
    return _numbered(parts, len(everyone))


def _fold_off(stock: Stock, params: Splitting, groups: Groups | None) -> dict[str, Rows]:
    """Return one fold of all images as the test, and the others as train."""
    number = params.folds or 0, params.fold
    if groups is None:
        return cutting.fold_off(stock, *number)
    return group_cutting.fold_off(stock, groups, *number)


def _cut_off(
    stock: Stock, groups: Groups | None, rows: Rows, wanted: Mapping[str, int]
) -> dict[str, Rows]:
    """Cut splits of so many images each off some rows; what is left is train."""
    if groups is None:
        return cutting.cut_off(stock, rows, wanted)
    return group_cutting.cut_off(stock, groups, rows, wanted)


def _numbered(parts: Mapping[str, Rows], images: int) -> Int8[np.ndarray, " _"]:
    """Return the index into NAMES of the split of each image."""
    split_ids = np.empty(images, np.int8)
    for index, name in enumerate(NAMES):
        split_ids[parts[name]] = index
    return split_ids


def _check_two_classes(stock: Stock) -> None:
    """Refuse images of fewer than two classes.

    Raises:
        UserError: there are fewer.
    """
    if len(np.unique(stock.labels)) < 2:
        raise UserError(
            f"there are {len(stock.labels)} images of the classes {stock.named(stock.labels)}; "
            "bring images of two classes at least"
        )


def _published_splits(labels: Mapping[str, Rows], params: Splitting) -> dict[str, Rows]:
    """Return the numbers of the images by published split; of `fresh`, all are in train.

    Raises:
        UserError: there is no train, or there are folds beside a published split.
    """
    ends = np.cumsum([len(rows) for rows in labels.values()])
    numbers = dict(zip(labels, np.split(np.arange(ends[-1]), ends[:-1]), strict=True))
    if params.splits == "fresh":
        return {"train": np.concatenate(list(numbers.values()))}
    if "train" not in numbers:
        raise UserError(
            f"only {', '.join(numbers)} is published, no train; "
            "set preprocess.splits: fresh to split all images anew"
        )
    if params.folds is not None and len(numbers) > 1:
        raise UserError(
            f"preprocess.folds is {params.folds}, but {', '.join(numbers)} are published; every "
            "image is in the test of one fold: set preprocess.splits: fresh, or folds to null; "
            f"`reprise folds {params.folds} -S preprocess.splits=fresh` does the former"
        )
    return numbers
