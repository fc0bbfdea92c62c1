"""How sure the classifier is of each image, and what that costs it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64
from scipy.special import log_softmax

CHUNK = 2**22  # logits at once: of 100,000 images and 1,000 classes, a copy in float64 is 800 MB


class Certainty(NamedTuple):
    """How far the probabilities of every image are from the truth."""

    loss: Float64[np.ndarray, " n"]  # cross-entropy, in nats
    brier: Float64[np.ndarray, " n"]  # squared distance from the truth, in [0, 2]
    confidence: Float64[np.ndarray, " n"]  # probability of the predicted class
    right: Bool[np.ndarray, " n"]


def certainty(
    logits: Float[np.ndarray, "n k"], labels: Int64[np.ndarray, " n"], temperature: float
) -> Certainty:
    """Compare softmax(logits / temperature) with the labels.

    The Brier score is that of Brier 1950, summed over the classes.
    """
    parts = zip(*_parts(logits, labels, temperature), strict=True)
    return Certainty(*map(np.concatenate, parts))


def _parts(
    logits: Float[np.ndarray, "n k"], labels: Int64[np.ndarray, " n"], temperature: float
) -> Iterator[Certainty]:
    size = max(1, CHUNK // logits.shape[1])
    for start in range(0, len(labels), size):
        here = labels[start : start + size]
        own = np.arange(len(here)), here
        logs = log_softmax(logits[start : start + size].astype(np.float64) / temperature, axis=1)
        probabilities = np.exp(logs)
        confidence, right = probabilities.max(1), logs.argmax(1) == here
        probabilities[own] -= 1  # now the distances from the truth
        # No logarithm is positive; a minus would make 0 a -0.
        yield Certainty(np.abs(logs[own]), np.square(probabilities).sum(1), confidence, right)
