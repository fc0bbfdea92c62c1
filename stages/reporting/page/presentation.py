"""Gather the content of the page from the results of a split."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from reprise.counting import counted
from stages.artifacts.classifier import Card
from stages.artifacts.history import Epoch
from stages.artifacts.predictions import Predictions
from stages.artifacts.report import ClassScores
from stages.artifacts.splits import Split
from stages.pages.titling import by_classes
from stages.reporting.baseline import Baseline, advice, balance, duplicates, majority
from stages.reporting.data_notes import DataFact, Sources, facts
from stages.reporting.outcome import RuleOutcome
from stages.reporting.page.content import ClassRow, Content
from stages.reporting.page.curves_shown import class_curves, reliability_curves
from stages.reporting.page.heading import effective, network_name
from stages.reporting.results import Results
from stages.reporting.strips import strips
from stages.reporting.training_notes import notes


class Background(NamedTuple):
    """A run, besides the results of one split."""

    split: str  # name of the one judged
    splits: Mapping[str, Split]  # all, in the order in which to show them
    history: Sequence[Epoch]
    duplicates: Mapping[str, int] = MappingProxyType({})  # by kind
    outcome: RuleOutcome | None = None  # of the rule by which the model answers
    sources: Sources | None = None  # of the images, as download and preprocess told
    classifier: str = ""  # checksum of its file

    @property
    def dataset(self) -> str:
        """Name of the data set; empty where it has none."""
        return self.sources.received.dataset if self.sources else ""

    def baseline(self, results: Results) -> Baseline:
        """Return what the accuracy must beat, and what may help where it does not."""
        train = self.splits["train"].labels
        found = majority(results.names, train, self.splits[self.split].labels)
        return found._replace(advice=advice(results.card, len(train)))

    def data(self, names: Sequence[str]) -> list[DataFact]:
        """Say what a reader should know of the data."""
        balanced = balance(names, self.splits["train"].labels)
        equal = " ".join(duplicates(self.duplicates, self.split))
        if self.sources is None:
            told = DataFact("equal pixels", equal), DataFact("balance", balanced)
            return [fact for fact in told if fact.text]
        return facts(self.sources, balanced, equal)

    @property
    def counts(self) -> dict[str, int]:
        """Images per split."""
        return {name: len(split.labels) for name, split in self.splits.items()}


def present(results: Results, background: Background) -> Content:
    """Return what the page shows."""
    card, tables, outcome = results.card, results.report.tables, background.outcome
    rows = _classes(tables.classes, background.splits.values())
    params, epochs = effective(card), len(background.history)
    dataset = background.dataset or by_classes(results.names)
    return Content(
        title=f"{dataset} · {network_name(card)}, {counted(epochs, 'epoch', 'epochs')}",
        dataset=dataset,
        classifier=background.classifier,
        facts=_facts(card, epochs),
        data=background.data(results.names),
        strips=[*strips(results.names, background.splits["train"], [row.images for row in rows])],
        split=background.split,
        baseline=background.baseline(results),
        scores={**results.report.scores, **(outcome.shown if outcome else {})},
        calibration=results.calibration(background.split),
        training=notes(
            background.history, params["network"] | params["training"], len(results.names)
        ),
        decisions=outcome.sentences() if outcome else [],
        params=params,
        counts=background.counts,
        classes=rows,
        confusion=_confusion(results.predictions),
        history=[epoch._asdict() for epoch in background.history],
        roc=class_curves(tables.roc),
        precision_recall=class_curves(tables.precision_recall),
        reliability=reliability_curves(results),
        confidence=tables.confidence,
        risk_coverage=[(point.coverage, point.risk) for point in tables.risk_coverage],
        galleries=results.galleries,
        samples=results.samples,
    )


def _facts(card: Card, epochs: int) -> dict[str, object]:
    """Return what stands at the head of the page."""
    interface = card.interface
    images = f"{interface.width} × {interface.height} pixels"  # noqa: RUF001
    return {"network": network_name(card), "images": images, "epochs": epochs}


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
