"""Mean and spread of each score over all runs, and of each class's recall."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np

from stages.artifacts.numbering import distinct
from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from stages.scores import interval
from tools.repeating.scored import Scored, scores
from tools.repeating.spread import Spread, spread

BOUNDS = {"accuracy": (0.0, 1.0), "macro_f1": (0.0, 1.0), "loss": (0.0, math.inf)}


class ClassSpread(NamedTuple):
    """The recall of one class, over the runs that have images of it."""

    name: str
    images: int  # scored, of all runs together
    recall_mean: float | None  # None where no run has an image of it
    recall_sd: float | None  # None of fewer than two runs


class Pooled(NamedTuple):
    """The scores of all out-of-fold predictions together."""

    images: int
    accuracy: float
    accuracy_low: float  # of the 95 % interval (Wilson 1927)
    accuracy_high: float
    macro_f1: float


class Overall(NamedTuple):
    """All runs together."""

    command: str  # `repeat` or `folds`
    settings: Sequence[str]  # of the user, in every run
    runs: Sequence[Scored]
    overlap: float  # images scored to images learnt from; 0 where every run has the same splits
    spreads: Mapping[str, Spread]  # by score
    classes: Sequence[ClassSpread]
    pooled: Pooled | None  # of folds

    @property
    def what(self) -> str:
        """What the runs are numbered by, from 0: seed, split or fold."""
        return self.runs[0].label.partition("0")[0]

    @property
    def baseline(self) -> float | None:
        """Mean accuracy of always answering the most frequent class of train."""
        found = [run.baseline for run in self.runs if run.baseline is not None]
        return fmean(found) if len(found) == len(self.runs) else None


def same_splits(command: str, settings: Sequence[str], runs: Sequence[Scored]) -> Overall:
    """Sum up runs that learn from the same images."""
    return _sum_up(command, settings, runs, 0.0)


def other_splits(command: str, settings: Sequence[str], runs: Sequence[Scored]) -> Overall:
    """Sum up runs of other splits of the images: what they learn from overlaps."""
    tested = sum(len(run.predictions.paths) for run in runs)
    return _sum_up(command, settings, runs, tested / sum(run.learnt for run in runs))


def require_other_images(runs: Sequence[Scored]) -> None:
    """Refuse runs of which all scored the same images, as they do where these are published.

    Raises:
        UserError: they did.
    """
    parts = [run.predictions for run in runs]
    images = [Counter(zip(part.paths, part.labels.tolist(), strict=True)) for part in parts]
    if all(one == images[0] for one in images):
        raise UserError(
            f"all runs scored the same images, those of the published {runs[0].split}, so their "
            "splits are no others; set -S preprocess.splits=fresh, or leave --splits out"
        )


def pooled(found: Predictions) -> Pooled:
    """Score out-of-fold predictions together."""
    told, images = scores(found), len(found.paths)
    low, high = interval(int((found.labels == found.predicted).sum()), images)
    return Pooled(images, told["accuracy"], low, high, told["macro_f1"])


def _sum_up(
    command: str, settings: Sequence[str], runs: Sequence[Scored], overlap: float
) -> Overall:
    spreads = {
        name: spread([run.scores[name] for run in runs], overlap, bounds)
        for name, bounds in BOUNDS.items()
    }
    return Overall(command, settings, runs, overlap, spreads, _classes(runs), None)


def _classes(runs: Sequence[Scored]) -> list[ClassSpread]:
    names = runs[0].predictions.classes
    labels = np.concatenate([run.predictions.labels for run in runs])
    images = np.bincount(labels, minlength=len(names))
    found = list[ClassSpread]()
    columns = zip(*(run.recalls() for run in runs), strict=True)
    for name, count, column in zip(distinct(names), images.tolist(), columns, strict=True):
        values = [value for value in column if value is not None]
        mean = fmean(values) if values else None
        found.append(ClassSpread(name, count, mean, stdev(values) if len(values) > 1 else None))
    return found
