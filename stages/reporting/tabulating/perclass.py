"""How well each class is told from the others."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64
from sklearn.metrics import precision_recall_fscore_support

from stages.artifacts.numbering import distinct
from stages.artifacts.report import ClassScores


def by_class(
    labels: Int64[np.ndarray, " n"],
    predicted: Int64[np.ndarray, " n"],
    classes: Sequence[str],
) -> list[ClassScores]:
    """Return the scores of every class, whether it occurs or not; labels index `classes`."""
    *scores, images = precision_recall_fscore_support(
        labels, predicted, labels=range(len(classes)), zero_division=np.nan
    )
    counts = images.tolist(), np.bincount(predicted, minlength=len(classes)).tolist()
    defined = ([None if math.isnan(score) else score for score in of.tolist()] for of in scores)
    return list(map(ClassScores, distinct(classes), *counts, *defined))
