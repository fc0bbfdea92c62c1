"""Whether of the images of which the classifier is 80 % sure, 80 % are right."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stages.artifacts.report import Bar, Bin

BINS = 15  # of equal width, as in Guo et al. 2017, On Calibration of Modern Neural Networks
BARS = 20


def reliability(confidence: Float64[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> list[Bin]:
    """Gather images of about equal confidence, and leave out empty bins (Guo et al., eq. 3)."""
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


def _places(values: Float64[np.ndarray, " n"], count: int) -> Int64[np.ndarray, " n"]:
    """Return in which of `count` parts of [0, 1] each value is; a part holds its upper edge."""
    return np.searchsorted(np.arange(1, count) / count, values, side="left")
