"""Predict the most probable classes of pictures, batch by batch."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from reprise.directory import Failure
from reprise.inputs import Loaded
from reprise.model import Model


class Prediction(NamedTuple):
    """A picture with its most probable classes."""

    name: str
    pixels: np.ndarray  # uint8 [H, W, C]
    ranked: list[tuple[str, float]]  # classes with their probabilities, in descending order


def predict(
    pictures: Iterator[Loaded | Failure], model: Model, size: int, top: int
) -> Iterator[Prediction | Failure]:
    """Yield the `top` classes of every picture, in batches of `size` pictures; pass failures on."""
    while part := list(islice(pictures, size)):
        batch = [picture for picture in part if isinstance(picture, Loaded)]
        ranked = iter(_rank(batch, model, top))
        for picture in part:
            yield Prediction(*picture, next(ranked)) if isinstance(picture, Loaded) else picture


def _rank(batch: list[Loaded], model: Model, top: int) -> list[list[tuple[str, float]]]:
    if not batch:
        return []
    found = model.probabilities(np.stack([picture.pixels for picture in batch]))  # [N, K]
    order = np.argsort(-found, axis=1, kind="stable")[:, :top]  # of equals, the first class
    classes = model.metadata.classes
    return [
        [(classes[label], float(row[label])) for label in labels]
        for row, labels in zip(found, order.tolist(), strict=True)
    ]
