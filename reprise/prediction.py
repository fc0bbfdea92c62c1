"""Predict the most probable classes of pictures, batch by batch."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from reprise.directory import Failure
from reprise.inputs import Loaded
from reprise.metadata import Metadata
from reprise.model import Answers, Model


class Decision(NamedTuple):
    """The decisions of a model with a rule about one picture."""

    answered: bool  # else the class is unknown
    ood: bool  # out of distribution: unlike the images of val
    classes: list[str] | None  # the conformal set, the most probable first; None: it has no sets


class Prediction(NamedTuple):
    """A picture with its most probable classes."""

    name: str
    pixels: np.ndarray  # uint8 [H, W, C]
    ranked: list[tuple[str, float]]  # classes with their probabilities, in descending order
    decision: Decision | None = None  # None: of a model without a rule
    label: str | None = None  # what it shows, where a table says so

    @property
    def unknown(self) -> bool:
        """Return whether the model does not answer."""
        return self.decision is not None and not self.decision.answered


def predict(
    pictures: Iterator[Loaded | Failure], model: Model, size: int, top: int
) -> Iterator[Prediction | Failure]:
    """Yield the `top` classes of every picture, in batches of `size` pictures; pass failures on."""
    while part := list(islice(pictures, size)):
        batch = [picture for picture in part if isinstance(picture, Loaded)]
        found = _judge(batch, model, top) if batch else iter(())
        for picture in part:
            yield next(found) if isinstance(picture, Loaded) else picture


def hold(found: Prediction, threshold: float | None) -> Prediction:
    """Leave open what has less than a probability; a threshold of None leaves all as it is."""
    if threshold is None:
        return found
    made = found.decision or Decision(answered=True, ood=False, classes=None)
    sure = made.answered and found.ranked[0][1] >= threshold
    return found._replace(decision=made._replace(answered=sure))


def _judge(batch: list[Loaded], model: Model, top: int) -> Iterator[Prediction]:
    found = model.answers(np.stack([one.pixels for one in batch]))
    return judge(batch, found, model.metadata, top)


def judge(
    batch: Sequence[Loaded], found: Answers, card: Metadata, top: int
) -> Iterator[Prediction]:
    """Yield the `top` classes of every picture of a batch, from what a model answered."""
    order = np.argsort(-found.probabilities, axis=1, kind="stable")  # of equals, the first class
    for row, (picture, labels) in enumerate(zip(batch, order.tolist(), strict=True)):
        ranked = [
            (card.classes[label], float(found.probabilities[row, label])) for label in labels[:top]
        ]
        chosen = [card.classes[label] for label in labels if found.sets[row, label]]
        made = Decision(bool(found.answered[row]), bool(found.ood[row]), chosen)
        decided = _asked_for(made, card)
        yield Prediction(picture.name, picture.pixels, ranked, decided, picture.label)


def _asked_for(made: Decision, card: Metadata) -> Decision | None:
    """Return of a decision what the model was made for."""
    if (rule := card.rule) is None:
        return None
    return made if rule.set_threshold is not None else made._replace(classes=None)
