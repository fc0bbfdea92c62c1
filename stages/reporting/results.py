"""Evaluate a split from its logits: scores, tables, pictures and predictions."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Float64

from stages.artifacts.classifier import Classifier
from stages.artifacts.numbering import distinct
from stages.artifacts.predictions import Predictions
from stages.artifacts.report import Report
from stages.artifacts.splits import Split
from stages.reporting import gallery
from stages.reporting.calibration import calibration_remark
from stages.reporting.contact_sheet import draw
from stages.reporting.gallery import Gallery, Judged, mistakes
from stages.reporting.gradcam import heat_maps
from stages.reporting.metrics import summarize
from stages.reporting.tables import tabulate
from stages.scores import probabilities


class Results:
    """Scores, tables, pictures and predictions of a split, each computed once from its logits."""

    def __init__(
        self,
        classifier: Classifier,
        split: Split,
        paths: Sequence[str],
        logits: Float[np.ndarray, "n k"],
    ) -> None:
        """Take the logits of the split's images, and the paths of these in the source."""
        self.classifier, self.split, self.paths, self.logits = classifier, split, paths, logits
        self.card = classifier.card
        self.names = distinct(self.card.interface.classes)  # as they are shown, by index

    @cached_property
    def probabilities(self) -> Float64[np.ndarray, "n k"]:
        """Calibrated probabilities of the classes."""
        return probabilities(torch.from_numpy(self.logits), self.card.temperature).numpy()

    @cached_property
    def report(self) -> Report:
        """Scores, tables and pictures."""
        labels = self.split.labels
        scores = summarize(self.probabilities, self.logits, labels, self.card.temperature)
        pictures = {
            "mistakes.svg": draw(self.galleries[:1]),
            "uncertain.svg": draw(self.galleries[1:]),
            "classes.svg": draw(self.samples),
        }
        tables = tabulate(self.probabilities, labels, self.names)
        return Report(scores, tables, pictures, self.card.calibration)

    @cached_property
    def predictions(self) -> Predictions:
        """Path, label, predicted class and probabilities of every image."""
        predicted = self.probabilities.argmax(1)
        classes, labels = self.card.interface.classes, self.split.labels
        return Predictions(classes, self.paths, labels, predicted, self.probabilities)

    @cached_property
    def galleries(self) -> list[Gallery]:
        """The most confident mistakes, with Grad-CAM, and the least certain right answers."""
        rows, images = mistakes(self._judged), self.split.images
        guesses = self._judged.predictions[rows]
        heat = heat_maps(self.classifier.whole(), images[rows], guesses) if len(rows) else None
        worst = gallery.worst_mistakes(self._judged, rows, heat)
        return [worst, gallery.least_certain(self._judged)]

    @cached_property
    def samples(self) -> list[Gallery]:
        """Images of each class."""
        return gallery.by_class(self._judged)

    def calibration(self, split: str) -> str:
        """Say what the temperature did to the probabilities of this split, in a sentence."""
        return calibration_remark(self.report.scores, split, self.card.calibration)

    def summary(self, split: str) -> list[str]:
        """Return what the stage prints: three scores, and what calibration did."""
        scores = self.report.scores
        accuracy, low, high, macro_f1, loss = (
            f"{scores[name]:.4f}" for name in ("accuracy", "ci_low", "ci_high", "macro_f1", "loss")
        )
        told = (
            f"accuracy {accuracy} (95 % interval {low} to {high}), macro_f1 {macro_f1}, "
            f"loss {loss} on {len(self.paths):,} images of {split}"
        )
        return [told, self.calibration(split)]

    @cached_property
    def _judged(self) -> Judged:
        predicted, confidence = self.probabilities.argmax(1), self.probabilities.max(1)
        images, labels = self.split
        return Judged(images, labels, predicted, confidence, self.names, self.paths)
