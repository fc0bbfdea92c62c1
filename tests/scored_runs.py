"""Runs of the pipeline as repeat and folds read them, without running it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from stages.artifacts.predictions import Predictions
from tools.repeating.scored import Scored, scores

CLASSES = ("cat", "dog", "owl")


def run(
    labels: Sequence[int],
    predicted: Sequence[int],
    paths: Sequence[str] | None = None,
    others: Sequence[str] = (),
) -> Scored:
    """Return a run that scored these images, and learnt from others."""
    names = [f"{number}.png" for number in range(len(labels))] if paths is None else paths
    one_hot = np.eye(len(CLASSES), dtype=np.float32)[[*predicted]]
    found = Predictions(CLASSES, names, np.array(labels), np.array(predicted), one_hot)
    told = scores(found) | {"loss": 0.25}
    learnt = len(others) or 2 * len(labels)
    return Scored("seed0", "x-seed0", "test", found, Counter([*names, *others]), learnt, told)
