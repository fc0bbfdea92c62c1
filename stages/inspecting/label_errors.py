"""Labels that are likely wrong, by confident learning (Northcutt et al. 2021, arXiv 1911.00068).

How many there are is what cleanlab counts off the diagonal of its confident joint; which they are
says the probability of the label: cleanlab's filter `low_self_confidence`, but for images whose
label is what was predicted, and equal ones in the order of the images: NumPy's order of equal
numbers, by which cleanlab takes them, depends on the processor.
"""

from typing import NamedTuple

import numpy as np
from cleanlab.count import num_label_issues
from cleanlab.rank import get_label_quality_scores
from jaxtyping import Float, Int64

DECIMALS = 6  # of the probabilities


class Doubts(NamedTuple):
    """Labels in doubt, the least likely first."""

    rows: Int64[np.ndarray, " m"]
    scores: Float[np.ndarray, " m"]  # 1 less the probability of the label
    suggestions: Int64[np.ndarray, " m"]  # the most probable class


def doubt(labels: Int64[np.ndarray, " n"], probabilities: Float[np.ndarray, "n k"]) -> Doubts:
    """Return the labels in doubt; the probabilities are of networks that did not train on them."""
    given = np.nan_to_num(probabilities.astype(np.float64)).round(DECIMALS)
    rows = np.empty(0, np.int64)
    quality = np.empty(0)
    if len(np.unique(labels)) > 1:  # cleanlab wants two
        quality = get_label_quality_scores(labels, given, method="self_confidence")
        count = num_label_issues(labels, given)
        rows = np.argsort(quality, kind="stable")[:count]
        rows = rows[given[rows].argmax(1) != labels[rows]]
    return Doubts(rows, 1 - quality[rows], given[rows].argmax(1))
