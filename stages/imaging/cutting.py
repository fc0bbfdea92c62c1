"""Cut splits and folds off images, every class its share, by scikit-learn."""

from collections.abc import Mapping

import numpy as np

from stages.errors import UserError
from stages.imaging.stock import FEW_IMAGES, Rows, Stock


def cut_off(stock: Stock, rows: Rows, wanted: Mapping[str, int]) -> dict[str, Rows]:
    """Cut splits of so many images each off some rows; what is left is train.

    Raises:
        UserError: there are too few images of a class, or for a split.
    """
    # Not at the top: every worker imports this module too, and this import takes a second.
    from sklearn.model_selection import train_test_split  # noqa: PLC0415

    parts = {"train": rows}
    for name, count in wanted.items():
        labels = stock.labels[parts["train"]]
        _check_divisible(stock, labels, name, count)
        parts["train"], parts[name] = train_test_split(
            parts["train"], test_size=count, stratify=labels, random_state=stock.seed
        )
        stock.check(name, stock.labels[parts[name]])
    return parts


def fold_off(stock: Stock, folds: int, fold: int) -> dict[str, Rows]:
    """Divide all images into folds, and return one as the test, and the others as train.

    Raises:
        UserError: there are fewer images of a class than folds.
    """
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415

    labels = stock.labels
    found, images = np.unique(labels, return_counts=True)
    if len(rare := found[images < folds]):
        raise UserError(
            f"the images cannot be split: {folds} folds need an image each of every class, and "
            f"there are fewer of {stock.named(rare)}; bring more, take the class out, or lower "
            "preprocess.folds"
        )
    dealt = StratifiedKFold(folds, shuffle=True, random_state=stock.seed).split(labels, labels)
    train, test = [*dealt][fold]
    return {"train": train, "test": test}


def _check_divisible(stock: Stock, labels: Rows, split: str, count: int) -> None:
    """Refuse to cut off a split where not every class can be in both parts.

    Raises:
        UserError: a class has a single image, or either part has fewer images than classes.
    """
    found, images = np.unique(labels, return_counts=True)
    if len(single := found[images < 2]):
        raise UserError(
            f"the images cannot be split: train and {split} need an image each of every class, and "
            f"there is one alone of {stock.named(single)}; bring more, or take the class out"
        )
    if min(count, len(labels) - count) < len(found):
        raise UserError(
            f"the images cannot be split: {count} for {split} and {len(labels) - count} for train "
            f"are too few for the {len(found)} classes {stock.named(found)}; {FEW_IMAGES}"
        )
