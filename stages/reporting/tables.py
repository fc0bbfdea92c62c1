"""The tables behind the scores: confusion, classes, curves, reliability."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from stages.artifacts.numbering import distinct
from stages.artifacts.report import Cell, ClassScores, Tables
from stages.reporting.calibration import histogram, reliability
from stages.reporting.curves import rankings, recall_points, roc_points
from stages.reporting.risk_coverage import risk_points

CLASSES = 30  # of the confusion table at most: more cannot be read


def tabulate(
    probabilities: Float64[np.ndarray, "n k"],
    labels: Int64[np.ndarray, " n"],
    classes: Sequence[str],
) -> Tables:
    """Return all tables; labels index `classes`, and names that occur twice are numbered."""
    classes = distinct(classes)
    predicted, confidence = probabilities.argmax(1), probabilities.max(1)
    right = predicted == labels
    ranked = dict(rankings(probabilities, labels))
    return Tables(
        confusion=confusion(labels, predicted, classes),
        classes=by_class(labels, predicted, classes),
        roc=roc_points(ranked, classes),
        precision_recall=recall_points(ranked, classes),
        reliability=reliability(confidence, right),
        confidence=histogram(confidence, right),
        risk_coverage=risk_points(confidence, right),
    )


def confusion(
    labels: Int64[np.ndarray, " n"],
    predicted: Int64[np.ndarray, " n"],
    classes: Sequence[str],
) -> list[Cell]:
    """Count the images of every pair of actual and predicted class; labels index `classes`.

    The diagonal is complete; off it, pairs without images are left out. Of many classes, those of
    the most confused pairs are shown, and one column counts the predictions of all others, so that
    a row still holds all images of its class.
    """
    counts = confusion_matrix(labels, predicted, labels=range(len(classes)))  # [K, K]
    shown = _most_confused(counts)
    others = np.setdiff1d(np.arange(len(classes)), shown)
    table = np.column_stack([counts[np.ix_(shown, shown)], counts[:, others][shown].sum(1)])
    rest, *names = distinct([f"{len(others)} other classes", *(classes[at] for at in shown)])
    names.append(rest)
    met = np.argwhere(table + np.eye(*table.shape, dtype=np.int64))  # [M, 2]
    cells, of_class = table.tolist(), table.sum(1).tolist()
    return [
        Cell(names[i], names[j], cells[i][j], cells[i][j] / of_class[i] if of_class[i] else None)
        for i, j in met.tolist()
    ]


def _most_confused(counts: Int64[np.ndarray, "k k"]) -> Int64[np.ndarray, " s"]:
    """Return the indices of the classes of the most confused pairs, at most CLASSES, ascending."""
    if len(counts) <= CLASSES:
        return np.arange(len(counts))
    wrong = counts - np.diag(np.diag(counts))
    pairs = np.stack(np.unravel_index(np.argsort(-wrong, axis=None, kind="stable"), wrong.shape), 1)
    first = np.unique(pairs.ravel(), return_index=True)[1]  # where each class comes up
    return np.sort(np.argsort(first)[:CLASSES])


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
