"""The predictions and scores of one run."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages import params, sections
from stages.artifacts import predictions, report, splits
from stages.artifacts.predictions import Predictions
from stages.artifacts.splits import NAMES
from stages.errors import UserError
from stages.reporting.baseline import KEY
from stages.reporting.metrics import averages


class Scored(NamedTuple):
    """A run of the pipeline as far as evaluate."""

    label: str  # of the run, as `seed3`
    experiment: str
    split: str  # that was scored
    predictions: Predictions
    paths: Counter[str]  # of the images of all its splits
    learnt: int  # images learnt from, those that chose the epoch included
    scores: dict[str, float]  # accuracy, macro_f1, loss
    baseline: float | None = None  # accuracy of always answering the most frequent class of train

    def recalls(self) -> list[float | None]:
        """Return the recall of each class, None of one that has no image here."""
        found, count = self.predictions, len(self.predictions.classes)
        right = np.bincount(found.labels[found.labels == found.predicted], minlength=count)
        images = np.bincount(found.labels, minlength=count)
        pairs = zip(right.tolist(), images.tolist(), strict=True)
        return [ok / all_ if all_ else None for ok, all_ in pairs]


def read(root: Path, label: str, experiment: str) -> Scored:
    """Read a run from the folder where it ran.

    Raises:
        UserError: a file is missing or damaged.
    """
    found = predictions.read(root / predictions.PATH)
    paths = Counter[str]()
    for name in NAMES:
        paths.update(splits.read_paths(name, root / splits.PATH))
    written = report.read_scores(root)
    loss, baseline = written.get("loss"), written.get(KEY)
    if loss is None:
        raise UserError(f"{root / report.SCORES}: has no loss; run `dvc repro evaluate` again")
    split, counts = _split(root), splits.read_meta(root / splits.PATH).counts
    learnt = counts["train"] + (counts["val"] if split == "test" else 0)
    told = scores(found) | {"loss": float(loss)}
    return Scored(label, experiment, split, found, paths, learnt, told, baseline)


def _split(root: Path) -> str:
    """Return the name of the split that evaluate scored."""
    return str(sections.stated(root / params.PATH)["evaluate"]["split"])


def scores(found: Predictions) -> dict[str, float]:
    """Return accuracy and macro F1, of the classes that occur among the labels."""
    right = int((found.labels == found.predicted).sum())
    macro = averages(found.labels, found.predicted)["macro_f1"]
    return {"accuracy": right / len(found.labels), "macro_f1": macro or 0.0}
