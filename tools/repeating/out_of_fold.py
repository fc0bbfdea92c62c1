"""Join the predictions of all folds: each image's by the one network that never saw it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from reprise.counting import counted
from reprise.escaping import printable
from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from tools.repeating.scored import Scored

SHOWN = 3  # images that a message names


def pool(folds: Sequence[Scored]) -> Predictions:
    """Return the predictions of every image, in the order of their paths.

    Raises:
        UserError: an image is in no fold, or in several, or the folds differ in their classes.
    """
    _require_partition(folds)
    parts = [fold.predictions for fold in folds]
    paths = [path for part in parts for path in part.paths]
    order = sorted(range(len(paths)), key=paths.__getitem__)  # stable: twins as the folds come
    return Predictions(
        parts[0].classes,
        [paths[row] for row in order],
        np.concatenate([part.labels for part in parts])[order],
        np.concatenate([part.predicted for part in parts])[order],
        np.concatenate([part.probabilities for part in parts])[order],
    )


def _require_partition(folds: Sequence[Scored]) -> None:
    """Compare the images of all test splits with those of all splits.

    One fold may lack an image in train (`preprocess.duplicates: drop_from_train`), so the images
    that there are, are those of any fold; several may have one path.
    """
    tested, there = Counter[str](), Counter[str]()
    for fold in folds:
        tested.update(fold.predictions.paths)
        there |= fold.paths
    odd = {"in no fold": there - tested, "in more than one fold": tested - there}
    told = [
        f"{counted(found.total(), 'image is', 'images are')} {what}, {_some(found)}"
        for what, found in odd.items()
    ]
    if any(odd.values()):
        wrong = "; ".join(line for line, found in zip(told, odd.values(), strict=True) if found)
        raise UserError(
            f"the folds are no partition of the images: {wrong}; preprocess.folds must be the "
            "same in all runs, and so must all that decides which images there are"
        )
    if len({fold.predictions.classes for fold in folds}) > 1:
        raise UserError("the folds differ in their classes; the data changed between the runs")


def _some(paths: Counter[str]) -> str:
    return f"such as {', '.join(printable(path) for path in sorted(paths)[:SHOWN])}"
