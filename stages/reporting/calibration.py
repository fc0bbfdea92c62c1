"""Calibration: do the probabilities of predictions equal the share of them that is right?"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64

from stages.artifacts.report import Bar, Bin

BINS = 15  # of equal width, as in Guo et al. 2017, On Calibration of Modern Neural Networks
BARS = 20  # of the histogram
CHUNK = 2**22  # logits at once: of 100,000 images and 1,000 classes, a copy in float64 is 800 MB


class Certainty(NamedTuple):
    """Loss, Brier score and confidence of every image."""

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
        # By PyTorch, as NumPy's exp and log depend on the processor.
        scaled = torch.from_numpy(logits[start : start + size]).double() / temperature
        logarithms = scaled.log_softmax(1)
        logs, probabilities = logarithms.numpy(), logarithms.exp().numpy()
        confidence, right = probabilities.max(1), logs.argmax(1) == here
        probabilities[own] -= 1  # now the distances from the truth
        # No logarithm is positive; a minus would make 0 a -0.
        yield Certainty(np.abs(logs[own]), np.square(probabilities).sum(1), confidence, right)


def reliability(confidence: Float64[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> list[Bin]:
    """Return mean confidence and accuracy in each bin that is not empty (Guo et al., eq. 3)."""
    places = _places(confidence, BINS)
    images = np.bincount(places, minlength=BINS).tolist()
    sure, hits = (np.bincount(places, of, BINS).tolist() for of in (confidence, right))
    return [
        Bin(place / BINS, (place + 1) / BINS, count, sure[place] / count, hits[place] / count)
        for place, count in enumerate(images)
        if count
    ]


def expected_error(bins: list[Bin]) -> float:
    """Return the expected calibration error, in [0, 1] (Guo et al., eq. 5)."""
    gaps = [part.images * abs(part.accuracy - part.confidence) for part in bins]
    return sum(gaps) / sum(part.images for part in bins)


def histogram(confidence: Float64[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> list[Bar]:
    """Count right and wrong predictions by their confidence, in bars of equal width."""
    places = _places(confidence, BARS)
    counts = (np.bincount(places[of], minlength=BARS).tolist() for of in (right, ~right))
    return [
        Bar((place + 0.5) / BARS, *pair) for place, pair in enumerate(zip(*counts, strict=True))
    ]


def calibration_remark(
    scores: Mapping[str, float | None], split: str, done: str = "left at 1"
) -> str:
    """Say in a sentence whether temperature scaling made the probabilities of a split better.

    Better is a lower cross-entropy, in nats per image, which the temperature was chosen for on val;
    `done` says what training did about it.
    """
    temperature, after = scores.get("temperature"), scores.get("loss")
    before = scores.get("loss_uncalibrated")
    if temperature is None or after is None or before is None:
        return ""
    if temperature == 1:
        return f"Probabilities are softmax(logits): the temperature was {done}."
    how = f"Probabilities are softmax(logits / {temperature:.4g}), the temperature chosen on val"
    if after > before:
        return (
            f"{how}. On {split} they are worse for it: the loss is {after:.4g}, and without "
            f"temperature {before:.4g}."
        )
    return f"{how}: the loss on {split} is {after:.4g}, and without temperature {before:.4g}."


def _places(values: Float64[np.ndarray, " n"], count: int) -> Int64[np.ndarray, " n"]:
    """Return the index of the bin of each value: `count` bins of [0, 1], closed above."""
    return np.searchsorted(np.arange(1, count) / count, values, side="left")
