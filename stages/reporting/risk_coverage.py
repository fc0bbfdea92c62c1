"""The risk-coverage curve: how much is wrong if only the surest images are answered."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stages.artifacts.report import RiskPoint

POINTS = 200  # of the curve, at most


def risks(
    confidence: Float64[np.ndarray, " n"], right: Bool[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Return the share of mistakes among the 1, 2, ... n surest images (El-Yaniv & Wiener 2010).

    Images that are equally sure share their mistakes evenly, as in the mean over all orders. The
    mean of all risks is the area under the curve, AURC (Geifman et al. 2019).
    """
    order = np.argsort(-confidence, kind="stable")
    mistakes = np.append(0, np.cumsum(~right[order]))  # among the k surest
    last = np.append(np.diff(confidence[order]) != 0, [True] * bool(len(order)))  # of equals
    ends = np.append(0, np.flatnonzero(last) + 1)
    counts = np.arange(1, len(order) + 1)
    shares: Float64[np.ndarray, " n"] = np.interp(counts, ends, mistakes[ends]) / counts
    return shares


def risk_points(
    confidence: Float64[np.ndarray, " n"], right: Bool[np.ndarray, " n"]
) -> list[RiskPoint]:
    """Return the points of the curve, from the surest image on; of many, evenly spaced ones."""
    risk, sure = risks(confidence, right), np.sort(confidence)[::-1]
    kept: Int64[np.ndarray, " p"] = np.unique(
        np.linspace(0, len(risk) - 1, min(POINTS, len(risk))).round().astype(np.int64)
    )
    columns = ((kept + 1) / len(risk), risk[kept], sure[kept])
    return [
        RiskPoint(*point) for point in zip(*(column.tolist() for column in columns), strict=True)
    ]
