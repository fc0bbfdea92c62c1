"""From a judgement to the content of the page."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from stages.artifacts.history import Epoch
from stages.artifacts.predictions import Predictions
from stages.reporting.calibration import calibration_remark, certainty, reliability
from stages.reporting.page.charts import Series
from stages.reporting.page.content import Bin, ClassRow, Content
from stages.reporting.results import Judgement

NAMED = 3  # classes, by which a title begins
ENOUGH = 5  # images of a bin, for its accuracy to say something


class Background(NamedTuple):
    """What is known of a run besides the judgement."""

    split: str  # that was judged
    labels: Mapping[str, Int64[np.ndarray, " _"]]  # of every split, in the order to show them
    history: Sequence[Epoch]


def present(judgement: Judgement, background: Background) -> Content:
    """Return what the page says."""
    card, tables = judgement.card, judgement.report.tables
    interface = card.interface
    return Content(
        dataset=_title(judgement.names),
        facts={
            "network": _name(judgement),
            "images": f"{interface.width} x {interface.height} pixels",
            "epochs": len(background.history),
        },
        split=background.split,
        scores=judgement.report.scores,
        calibration=calibration_remark(judgement.report.scores, background.split, card.calibration),
        params={"network": card.network.model_dump(mode="json"), "training": card.training},
        counts={split: len(labels) for split, labels in background.labels.items()},
        classes=_classes(judgement, background.labels),
        confusion=_confusion(judgement.predictions),
        history=[epoch._asdict() for epoch in background.history],
        roc=_curves(tables.roc),
        precision_recall=_curves(tables.precision_recall),
        reliability=_reliability(judgement),
        confidence=[
            Bin(bar.confidence - 0.025, bar.confidence + 0.025, bar.right, bar.wrong)
            for bar in tables.confidence
        ],
        galleries=judgement.galleries,
        samples=judgement.samples,
    )


def _title(classes: Sequence[str]) -> str:
    """Name the classes, or the first of many."""
    if len(classes) <= NAMED + 1:
        return ", ".join(classes)
    return f"{', '.join(classes[:NAMED])} and {len(classes) - NAMED:,} more"


def _name(judgement: Judgement) -> str:
    network = judgement.card.network
    return network.architecture if network.network == "torchvision" else network.network


def _classes(judgement: Judgement, labels: Mapping[str, Int64[np.ndarray, " _"]]) -> list[ClassRow]:
    """Return a row a class, with its images in each split."""
    rows = judgement.report.tables.classes
    counts = [np.bincount(held, minlength=len(rows)).tolist() for held in labels.values()]
    return [
        ClassRow(row.name, images, row.precision, row.recall, row.f1)
        for row, images in zip(rows, zip(*counts, strict=True), strict=True)
    ]


def _confusion(predictions: Predictions) -> list[tuple[int, int, int]]:
    """Count the images of every pair of actual and predicted class that met, also of many."""
    classes = len(predictions.classes)
    pairs = predictions.labels * classes + predictions.predicted
    met, images = np.unique(pairs, return_counts=True)
    return [
        (*divmod(pair, classes), count)
        for pair, count in zip(met.tolist(), images.tolist(), strict=True)
    ]


def _curves(points: Sequence[tuple[str, float, float]]) -> list[Series]:
    """Return the points of each curve, which stand one after the other."""
    grouped = groupby(points, key=lambda point: point[0])
    return [Series(name, [(x, y) for _, x, y in curve]) for name, curve in grouped]


def _reliability(judgement: Judgement) -> list[Series]:
    """Return accuracy by confidence, before and after temperature scaling.

    A bin of a single image is all right or all wrong: lines through such would only jag.
    """
    found = certainty(judgement.logits, judgement.split.labels, 1.0)
    before = reliability(found.confidence, found.right)
    after = judgement.report.tables.reliability
    names = ("after temperature scaling", "before")
    return [
        Series(name, [(part.confidence, part.accuracy) for part in parts if part.images >= ENOUGH])
        for name, parts in zip(names, (after, before), strict=True)
    ]
