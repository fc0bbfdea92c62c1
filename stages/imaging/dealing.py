"""Deal groups of images to the splits, or to folds: each group whole, of every class its share.

Of scikit-learn, StratifiedGroupKFold deals K equal folds, and a share of 0.15 is none; it takes 10
times as long, and floats of NumPy's decide. Here the largest groups come first, each to the part
where it costs least, by the chi-squared distance of the parts' counts from their shares; then every
group may move, and of few groups two may change places, until none does. The tests compare this
with all ways of dealing few groups, and with StratifiedGroupKFold.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

PASSES = 10  # in which groups may move; two are mostly enough
SWAPPED = 200  # groups, of which every two may change places: few groups leave little choice
TOTAL = 3.0  # weight of all images together beside a class: with 1, 100 classes drift together
Content = list[tuple[int, int]]  # classes of a group with their images; after the last, all images


class Hand(NamedTuple):
    """Counts of a part, and their weights: of every class and, at the end, of all images."""

    weights: list[float]  # of squared distances from the shares
    counts: list[int]

    def price(self, content: Content, *, lacking: bool) -> tuple[int, float]:
        """Return what it costs to take a group, less what would be there without it.

        Where `lacking` counts, a class that is not there yet comes before all distances.
        """
        new, cost = 0, 0.0  # Python's floats, in one order: the same on every processor
        for index, images in content:
            cost += images * (2 * self.counts[index] + images) * self.weights[index]
            new += self.counts[index] == 0
        return (-new if lacking else 0), cost

    def add(self, content: Content, sign: int = 1) -> None:
        """Take a group, or give it away."""
        for index, images in content:
            self.counts[index] += sign * images


def deal(
    labels: Int64[np.ndarray, " n"],
    groups: Int64[np.ndarray, " n"],
    shares: Sequence[float],
    seed: int,
) -> Int64[np.ndarray, " n"]:
    """Return to which part each image goes; `shares` are those of the parts, and add up to 1.

    `seed` orders groups of one size. Neither labels nor groups need be numbered without gaps.
    """
    contents = _contents(labels, groups)
    totals = [*np.bincount(labels).tolist(), len(labels)]
    parts = [Hand(_weights(share, totals), [0] * len(totals)) for share in shares]
    order = np.random.default_rng(seed).permutation(len(contents))
    homes = [0] * len(contents)
    largest_first = sorted(order.tolist(), key=lambda group: -contents[group][-1][1])
    for group in largest_first:
        homes[group] = _place(parts, contents[group], lacking=False)
    for _ in range(PASSES):
        before = [*homes]
        for group in reversed(largest_first):  # the smallest bring what a part lacks
            parts[homes[group]].add(contents[group], -1)
            homes[group] = _place(parts, contents[group], lacking=True)
        if len(contents) <= SWAPPED:
            _swap(parts, contents, homes)
        if homes == before:
            break
    return np.array(homes, np.int64)[np.unique(groups, return_inverse=True)[1].ravel()]


def _swap(parts: Sequence[Hand], contents: Sequence[Content], homes: list[int]) -> None:
    """Let every two groups change places where that costs less."""
    for one, other in combinations(range(len(contents)), 2):
        if homes[one] == homes[other]:
            continue
        held = contents[one], contents[other]
        pair = parts[homes[one]], parts[homes[other]]
        for part, content in zip(pair, held, strict=True):
            part.add(content, -1)
        if _total(pair, held[::-1]) < _total(pair, held):
            homes[one], homes[other] = homes[other], homes[one]
            held = held[::-1]
        for part, content in zip(pair, held, strict=True):
            part.add(content)


def _total(pair: tuple[Hand, Hand], held: tuple[Content, Content]) -> tuple[int, float]:
    """Return what it costs two parts to take a group each."""
    prices = [part.price(content, lacking=True) for part, content in zip(pair, held, strict=True)]
    return prices[0][0] + prices[1][0], prices[0][1] + prices[1][1]


def _place(parts: Sequence[Hand], content: Content, *, lacking: bool) -> int:
    """Give a group to the part where it costs least; return which."""
    prices = [part.price(content, lacking=lacking) for part in parts]
    home = prices.index(min(prices))
    parts[home].add(content)
    return home


def _weights(share: float, totals: Sequence[int]) -> list[float]:
    *classes, everything = (1 / (share * total) if total else 0.0 for total in totals)
    return [*classes, TOTAL * everything]


def _contents(labels: Int64[np.ndarray, " n"], groups: Int64[np.ndarray, " n"]) -> list[Content]:
    """Count the images of each class in each group; the groups ascend."""
    pairs, counts = np.unique(np.stack([groups, labels]), axis=1, return_counts=True)
    found, sizes = np.unique(groups, return_counts=True)
    contents: list[Content] = [[] for _ in found]
    places = np.searchsorted(found, pairs[0])
    for place, label, images in zip(
        places.tolist(), pairs[1].tolist(), counts.tolist(), strict=True
    ):
        contents[place].append((label, images))
    everything = int(labels.max()) + 1
    for content, images in zip(contents, sizes.tolist(), strict=True):
        content.append((everything, images))
    return contents
