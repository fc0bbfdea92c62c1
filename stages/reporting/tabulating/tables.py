"""The tables behind the scores."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from stages.artifacts.numbering import distinct
from stages.artifacts.report import Tables
from stages.reporting.scoring.calibration import histogram, reliability
from stages.reporting.scoring.ranking import rankings
from stages.reporting.tabulating.confusion import confusion
from stages.reporting.tabulating.curves import recall_points, roc_points
from stages.reporting.tabulating.perclass import by_class


def tabulate(
    probabilities: Float64[np.ndarray, "n k"],
    labels: Int64[np.ndarray, " n"],
    classes: Sequence[str],
) -> Tables:
    """Return every table; labels index `classes`, of which no two share a row or a curve."""
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
    )
