"""Scores of every class, averaged."""

import numpy as np
from jaxtyping import Int64
from sklearn.metrics import precision_recall_fscore_support


def macro(
    labels: Int64[np.ndarray, " n"], predictions: Int64[np.ndarray, " n"]
) -> dict[str, float]:
    """Return precision, recall and F1 in [0, 1], each class weighing the same.

    A class that is never predicted has precision 0.
    """
    values = precision_recall_fscore_support(labels, predictions, average="macro", zero_division=0)
    names = ("macro_precision", "macro_recall", "macro_f1")
    return {name: float(value) for name, value in zip(names, values, strict=False)}
