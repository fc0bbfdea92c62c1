"""The majority-class baseline, the balance of the classes, and duplicates, for the report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from reprise.counting import counted
from stages.artifacts.classifier import Card
from stages.artifacts.report import Report

KEY = "baseline"
FEW = 1000  # images of train from which random weights learn little
COLOURS = 3  # channels of photographs
NEAR = "Only equal pixels are meant; for near-duplicates see metrics/inspect/report.html."


class Baseline(NamedTuple):
    """Answering the most frequent class of train, whatever the image."""

    name: str  # of that class
    accuracy: float  # share of the judged images that are of it
    advice: str = ""  # what may help where the accuracy is not better

    def beside(self, report: Report) -> Report:
        """Return the report with this accuracy among its scores."""
        return report._replace(scores={**report.scores, KEY: self.accuracy})

    def remark(self, scores: Mapping[str, float | None]) -> str:
        """Say so where the 95 % interval of the accuracy does not lie above this; else nothing."""
        low, high = scores.get("ci_low"), scores.get("ci_high")
        if low is None or high is None or low > self.accuracy:
            return ""
        shown = "Worse" if high < self.accuracy else "Not shown to be better"
        return (
            f"{shown} than always answering {self.name}, the most frequent class of train: that is "
            f"right for {self.accuracy:.1%}, and the 95 % interval of the accuracy is {low:.1%} to "
            f"{high:.1%}.{f' {self.advice}' if self.advice else ''}"
        )

    def summary(self, scores: Mapping[str, float | None]) -> list[str]:
        """Return what the stage prints."""
        plain = f"accuracy of always answering {self.name}: {self.accuracy:.4f}"
        return [self.remark(scores) or plain]


def majority(
    names: Sequence[str], train: Int64[np.ndarray, " m"], judged: Int64[np.ndarray, " n"]
) -> Baseline:
    """Return the baseline of a split, from its labels and those of train; of equals, the first."""
    label = int(np.bincount(train, minlength=len(names)).argmax())
    return Baseline(names[label], np.count_nonzero(judged == label) / len(judged))


def advice(card: Card, images: int) -> str:
    """Advise to begin with weights of ImageNet where random ones had few photographs to learn."""
    random = card.training.get("weights") == "none"
    if not random or images > FEW or card.interface.channels != COLOURS:
        return ""
    return (
        f"{counted(images, 'image', 'images')} of train are few for random weights: begin with "
        "weights of ImageNet, as the recipe photos_finetune does."
    )


def balance(names: Sequence[str], train: Int64[np.ndarray, " m"]) -> str:
    """Say how the images of train are shared between the classes."""
    counts = np.bincount(train, minlength=len(names))
    met = np.flatnonzero(counts)
    most, least = met[counts[met].argmax()], met[counts[met].argmin()]
    if counts[most] == counts[least]:
        told = f"every class has {counts[most] / len(train):.1%}"
    else:
        told = (
            f"the largest class, {names[most]}, has {counts[most] / len(train):.1%}, the smallest, "
            f"{names[least]}, {counts[least] / len(train):.1%}: "
            f"{counts[most] / counts[least]:.3g} to 1"
        )
    none = len(names) - len(met)
    return f"Of train, {told}." + (
        f" {counted(none, 'class has', 'classes have')} no image there." if none else ""
    )


def duplicates(found: Mapping[str, int], split: str) -> Iterator[str]:
    """Say which duplicates `preprocess` found; `split` is the one judged.

    Older splits do not tell.
    """
    if not found:
        return
    shared = found.get(f"train_and_{split}", 0)
    if shared and found.get("dropped"):
        of_train = counted(shared, "image of train", "images of train")
        yield f"{of_train} had the pixels of images of {split}; dropped."
    elif shared:
        yield (
            f"{counted(shared, 'image of train has', 'images of train have')} the same pixels as "
            f"images of {split}, so the scores are too high; preprocess.duplicates: "
            "drop_from_train leaves them out."
        )
    else:
        yield f"No image of train has the same pixels as one of {split}."
    yield NEAR
    if times := found.get("contradictory"):
        yield f"{counted(times, 'time')} the same pixels bear different labels."
