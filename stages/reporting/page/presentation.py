"""Gather the content of the page from the results of a split."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from stages.artifacts.classifier import Card
from stages.artifacts.cleaned import CleaningCounts
from stages.artifacts.history import Epoch
from stages.artifacts.predictions import Predictions
from stages.artifacts.report import ClassScores
from stages.artifacts.splits import Split
from stages.reporting.baseline import Baseline, balance, duplicates, majority
from stages.reporting.calibration import certainty, reliability
from stages.reporting.outcome import RuleOutcome
from stages.reporting.page.charts import Series
from stages.reporting.page.content import ClassRow, Content
from stages.reporting.results import Results

NAMED = 3  # classes that a title names, where there are many
ENOUGH = 5  # images of a bin of which the accuracy is shown


class Background(NamedTuple):
    """A run, besides the results of one split."""

    split: str  # name of the one judged
    splits: Mapping[str, Split]  # all, in the order in which to show them
    history: Sequence[Epoch]
    duplicates: Mapping[str, int] = MappingProxyType({})  # by kind
    outcome: RuleOutcome | None = None  # of the rule by which the model answers
    cleaned: CleaningCounts | None = None

    def baseline(self, names: Sequence[str]) -> Baseline:
        """Return what an accuracy must beat, for classes of these names."""
        return majority(names, self.splits["train"].labels, self.splits[self.split].labels)

    def data(self, names: Sequence[str]) -> list[str]:
        """Say what a reader should know of the data."""
        balanced = balance(names, self.splits["train"].labels)
        cleaned = [self.cleaned.sentence()] if self.cleaned else []
        return [balanced, *cleaned, *duplicates(self.duplicates, self.split)]


def present(results: Results, background: Background) -> Content:
    """Return what the page shows."""
    card, tables, outcome = results.card, results.report.tables, background.outcome
    return Content(
        dataset=_title(results.names),
        facts=_facts(card, len(background.history)),
        data=background.data(results.names),
        split=background.split,
        baseline=background.baseline(results.names),
        scores={**results.report.scores, **(outcome.shown if outcome else {})},
        calibration=results.calibration(background.split),
        decisions=outcome.sentences() if outcome else [],
        params={"network": card.network.model_dump(mode="json"), "training": card.training},
        counts={name: len(split.labels) for name, split in background.splits.items()},
        classes=_classes(tables.classes, background.splits.values()),
        confusion=_confusion(results.predictions),
        history=[epoch._asdict() for epoch in background.history],
        roc=_curves(tables.roc),
        precision_recall=_curves(tables.precision_recall),
        reliability=_reliability(results),
        confidence=tables.confidence,
        risk_coverage=[(point.coverage, point.risk) for point in tables.risk_coverage],
        galleries=results.galleries,
        samples=results.samples,
    )


def _title(classes: Sequence[str]) -> str:
    """Name the classes, or the first of many."""
    if len(classes) <= NAMED + 1:
        return ", ".join(classes)
    return f"{', '.join(classes[:NAMED])} and {len(classes) - NAMED:,} more"


def _facts(card: Card, epochs: int) -> dict[str, object]:
    """Return what stands at the head of the page."""
    network, interface = card.network, card.interface
    named = network.architecture if network.network in {"torchvision", "timm"} else network.network
    images = f"{interface.width} x {interface.height} pixels"
    return {"network": named, "images": images, "epochs": epochs}


def _classes(scores: Sequence[ClassScores], splits: Iterable[Split]) -> list[ClassRow]:
    """Return a row a class, with its images in each split."""
    counts = [np.bincount(split.labels, minlength=len(scores)).tolist() for split in splits]
    return [
        ClassRow(row.name, images, row.precision, row.recall, row.f1)
        for row, images in zip(scores, zip(*counts, strict=True), strict=True)
    ]


def _confusion(predictions: Predictions) -> list[tuple[int, int, int]]:
    """Return actual class, predicted class and images of each pair that has images."""
    classes = len(predictions.classes)
    pairs = predictions.labels * classes + predictions.predicted
    met, images = np.unique(pairs, return_counts=True)
    return [
        (*divmod(pair, classes), count)
        for pair, count in zip(met.tolist(), images.tolist(), strict=True)
    ]


def _curves(points: Sequence[tuple[str, float, float]]) -> list[Series]:
    """Return a series for each curve; its points are consecutive."""
    grouped = groupby(points, key=lambda point: point[0])
    return [Series(name, [(x, y) for _, x, y in curve]) for name, curve in grouped]


def _reliability(results: Results) -> list[Series]:
    """Return accuracy by confidence, before and after temperature scaling.

    Bins of fewer than ENOUGH images are left out: the accuracy of so few says nothing.
    """
    found = certainty(results.logits, results.split.labels, 1.0)
    before = reliability(found.confidence, found.right)
    after = results.report.tables.reliability
    names = ("after temperature scaling", "before")
    return [
        Series(name, [(part.confidence, part.accuracy) for part in parts if part.images >= ENOUGH])
        for name, parts in zip(names, (after, before), strict=True)
    ]
