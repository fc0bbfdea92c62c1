"""Which class is taken for which."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64
from sklearn.metrics import confusion_matrix

from stages.artifacts.report import Cell


def confusion(
    labels: Int64[np.ndarray, " n"],
    predictions: Int64[np.ndarray, " n"],
    classes: Sequence[str],
) -> list[Cell]:
    """Count the images of every pair of actual and predicted class; labels index `classes`.

    The diagonal is complete; beside it, pairs that never met are left out, as most of 1,000 x 1,000
    would be.
    """
    counts = confusion_matrix(labels, predictions, labels=range(len(classes)))  # [K, K]
    met = np.argwhere(counts + np.eye(len(classes), dtype=int))  # [M, 2]
    return [Cell(classes[i], classes[j], int(counts[i, j])) for i, j in met.tolist()]
