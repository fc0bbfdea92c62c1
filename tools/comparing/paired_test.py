"""Test whether two classifiers differ, on the images that both classified."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 10_000  # of the bootstrap
SEED = 0  # of the bootstrap: the same predictions give the same interval


class Answer(NamedTuple):
    """The prediction of one classifier for one image."""

    path: str
    label: str
    predicted: str
    probability: float  # of the predicted class


class Pair(NamedTuple):
    """The predictions of both classifiers for one image."""

    path: str
    label: str
    a: str
    b: str
    probability_a: float  # of the class that a predicts
    probability_b: float  # of the class that b predicts

    @property
    def gain(self) -> int:
        """Return 1 where only b is right, -1 where only a is, else 0."""
        return (self.b == self.label) - (self.a == self.label)


class Matched(NamedTuple):
    """The images of two runs; one whose labels differ is in no pair."""

    pairs: list[Pair]
    only_a: int  # images
    only_b: int  # images
    relabelled: int  # images


class Difference(NamedTuple):
    """The accuracies of a and b, and how sure it is that they differ."""

    accuracy_a: float
    accuracy_b: float
    low: float  # of the 95 % interval of b - a
    high: float
    only_a_right: int  # images
    only_b_right: int  # images
    p_value: float  # chance of such a difference if both were equally good


class Shift(NamedTuple):
    """The images of a class, and how many each classifier has right."""

    name: str
    images: int
    right_a: int
    right_b: int


def match(a: Iterable[Answer], b: Iterable[Answer]) -> Matched:
    """Pair the answers by path, and images of the same path in their order."""
    ours, theirs = _keyed(a), _keyed(b)
    common = [(answer, theirs[key]) for key, answer in ours.items() if key in theirs]
    pairs = [
        Pair(
            one.path, one.label, one.predicted, other.predicted, one.probability, other.probability
        )
        for one, other in common
        if one.label == other.label
    ]
    only_a, only_b = len(ours) - len(common), len(theirs) - len(common)
    return Matched(pairs, only_a, only_b, len(common) - len(pairs))


def _keyed(answers: Iterable[Answer]) -> dict[tuple[str, int], Answer]:
    seen, keyed = Counter[str](), dict[tuple[str, int], Answer]()
    for answer in answers:
        keyed[answer.path, seen[answer.path]] = answer
        seen[answer.path] += 1
    return keyed


def difference(pairs: Sequence[Pair]) -> Difference:
    """Compare the accuracies, by McNemar's exact test (1947) and a paired bootstrap.

    The test is of the images that only one has right: if both were equally good, half of them
    would be those of each. The interval is that of percentiles (Efron & Tibshirani 1993, ch. 13);
    a resample of images is one multinomial draw of how many are lost, the same and won.
    """
    from scipy.stats import binomtest  # noqa: PLC0415 - takes a second

    images, gains = len(pairs), Counter(pair.gain for pair in pairs)
    lost, same, won = gains[-1], gains[0], gains[1]
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(images, np.array([lost, same, won]) / images, RESAMPLES)  # [R, 3]
    low, high = np.percentile((drawn[:, 2] - drawn[:, 0]) / images, [2.5, 97.5]).tolist()
    p_value = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    right = sum(pair.a == pair.label for pair in pairs)
    accuracies = right / images, (right + won - lost) / images
    return Difference(*accuracies, low, high, lost, won, p_value)


def shifts(pairs: Iterable[Pair]) -> list[Shift]:
    """Return the classes whose accuracy changed, those that changed by most images first."""
    images, right_a, right_b = Counter[str](), Counter[str](), Counter[str]()
    for pair in pairs:
        images[pair.label] += 1
        right_a[pair.label] += pair.a == pair.label
        right_b[pair.label] += pair.b == pair.label
    every = (Shift(name, images[name], right_a[name], right_b[name]) for name in images)
    changed = [shift for shift in every if shift.right_a != shift.right_b]
    return sorted(changed, key=lambda shift: (-abs(shift.right_b - shift.right_a), shift.name))


def changed(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the images whose prediction differs: right only in a, right only in b, then others."""
    rank = {-1: 0, 1: 1, 0: 2}  # by gain
    return sorted((pair for pair in pairs if pair.a != pair.b), key=lambda pair: rank[pair.gain])
