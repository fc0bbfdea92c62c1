"""The mean of a score over runs, how far the runs are apart, and an interval of the mean."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import NamedTuple

INSIDE = 0.975  # quantile: 95 % of the distribution are between this one and its mirror image


class Spread(NamedTuple):
    """A score over several runs."""

    mean: float
    sd: float  # standard deviation of a run, with n - 1
    low: float  # of the 95 % interval of the mean
    high: float


def spread(
    values: Sequence[float], ratio: float = 0.0, bounds: tuple[float, float] = (0.0, 1.0)
) -> Spread:
    """Return mean, standard deviation and 95 % interval, by Student's t, of two runs or more.

    `ratio` is that of images scored to images learnt from, where these overlap between runs: the
    variance of the mean is then (1/n + ratio) times that of a run, and not 1/n (Nadeau & Bengio
    2003, "Inference for the generalization error", for random splits; Bouckaert & Frank 2004 for
    folds). The interval ends at the bounds of the score.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - takes a second

    mean, sd, runs = fmean(values), stdev(values), len(values)
    quantile = float(stdtrit(runs - 1, INSIDE))
    half = quantile * sd * math.sqrt(1 / runs + ratio)
    return Spread(mean, sd, max(bounds[0], mean - half), min(bounds[1], mean + half))
