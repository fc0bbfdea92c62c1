"""Scores of predictions, whatever their probabilities."""

import numpy as np
from jaxtyping import Int64
from sklearn.metrics import (
    cohen_kappa_score,
    matthews_corrcoef,
    precision_recall_fscore_support,
)

Scores = dict[str, float | None]


def averages(labels: Int64[np.ndarray, " n"], predicted: Int64[np.ndarray, " n"]) -> Scores:
    """Return precision, recall and F1, averaged in two ways, and agreement beyond chance.

    Macro averages weigh each class the same, weighted ones each image: a weighted recall is the
    accuracy, and a macro recall the balanced accuracy. Only classes that occur among the labels
    are averaged; one that is never predicted has precision 0.
    """
    scores = _average(labels, predicted, "macro") | _average(labels, predicted, "weighted")
    return scores | {"balanced_accuracy": scores["macro_recall"]} | _agreement(labels, predicted)


def _average(
    labels: Int64[np.ndarray, " n"], predicted: Int64[np.ndarray, " n"], kind: str
) -> Scores:
    values = precision_recall_fscore_support(
        labels, predicted, labels=np.unique(labels), average=kind, zero_division=0
    )
    names = (f"{kind}_precision", f"{kind}_recall", f"{kind}_f1")
    return {name: float(value) for name, value in zip(names, values, strict=False)}


def _agreement(labels: Int64[np.ndarray, " n"], predicted: Int64[np.ndarray, " n"]) -> Scores:
    """Return Matthews' correlation and Cohen's kappa, both in [-1, 1].

    Where all labels are of one class there is no chance to compare with, and both are None. Where
    all predictions are, Matthews' correlation is 0 by convention.
    """
    if np.ptp(labels) == 0:
        return {"matthews": None, "kappa": None}
    return {
        "matthews": float(matthews_corrcoef(labels, predicted)),
        "kappa": float(cohen_kappa_score(labels, predicted)),
    }
