"""Tell which splits were not published, and what they were cut off."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int8

from stages.artifacts.preprocess_metrics import CutOff, Cutting
from stages.artifacts.splits import NAMES
from stages.imaging.splitting import Splitting
from stages.imaging.stock import Rows


def unpublished(
    labels: Mapping[str, Rows], split_ids: Int8[np.ndarray, " _"], params: Splitting
) -> Cutting:
    """Return the splits that were made, with their images before any is left out.

    `labels` are those of the published splits; `split_ids` index NAMES.
    """
    counts = np.bincount(split_ids, minlength=len(NAMES)).tolist()
    asked = params.asked(labels)
    parts = [
        CutOff(name, counts[NAMES.index(name)], f"preprocess.{_parameter(name, params)}")
        for name in NAMES
        if name in asked
    ]
    cut = sum(part.images for part in parts) + counts[NAMES.index("train")]
    return Cutting([*labels], cut, parts)


def _parameter(split: str, params: Splitting) -> str:
    return "folds" if split == "test" and params.folds is not None else f"{split}_fraction"
