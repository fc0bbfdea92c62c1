"""Curves of a split as the series of charts."""

from collections.abc import Sequence
from itertools import groupby

from stages.artifacts.report import Bin
from stages.reporting.calibration import certainty, reliability
from stages.reporting.page.charts import Series
from stages.reporting.results import Results
from stages.reporting.wordings import percent

ENOUGH = 5  # images of a bin of which the accuracy is shown


def class_curves(points: Sequence[tuple[str, float, float]]) -> list[Series]:
    """Return a series for each curve; its points are consecutive."""
    grouped = groupby(points, key=lambda point: point[0])
    return [Series(name, [(x, y) for _, x, y in curve]) for name, curve in grouped]


def reliability_curves(results: Results) -> list[Series]:
    """Return accuracy by confidence, with temperature scaling and, if it does anything, without.

    Bins of fewer than ENOUGH images are left out: the accuracy of so few says nothing.
    """
    scores, after = results.report.scores, results.report.tables.reliability
    if results.card.temperature == 1:
        return [_curve(f"as trained, off by {percent(scores['ece'] or 0)}", after)]
    found = certainty(results.logits, results.split.labels, 1.0)
    before = reliability(found.confidence, found.right)
    return [
        _curve(f"calibrated, off by {percent(scores['ece'] or 0)}", after),
        _curve(f"uncalibrated, off by {percent(scores['ece_uncalibrated'] or 0)}", before),
    ]


def _curve(name: str, bins: Sequence[Bin]) -> Series:
    shown = [(part.confidence, part.accuracy) for part in bins if part.images >= ENOUGH]
    return Series(name, shown)
