"""How much accuracy one network loses against another, and how much of that may be chance."""

import math
from typing import NamedTuple

from jaxtyping import Bool
from torch import Tensor

from stages.scores import interval


class Lost(NamedTuple):
    """By how much the accuracy of a second network is below that of a first."""

    images: int  # that many more are wrong
    share: float  # of all images, in [-1, 1]
    low: float  # of the 95 % interval of the share


def lost(first: Bool[Tensor, " n"], second: Bool[Tensor, " n"]) -> Lost:
    """Compare which of the same images are right (Newcombe 1998, Statist. Med. 17, method 10).

    Most images are right, or wrong, in both, which makes the interval narrower, by `phi`.
    """
    images, either = len(first), int((first ^ second).sum())
    both = int((first & second).sum())
    before, after = int(first.sum()), int(second.sum())
    down = before / images - interval(before, images)[0]
    up = interval(after, images)[1] - after / images
    phi = _phi((both, before - both, after - both, images - both - either))
    width = math.sqrt(max(0.0, down**2 - 2 * phi * down * up + up**2))
    share = (before - after) / images
    return Lost(before - after, share, share - width)


def _phi(table: tuple[int, int, int, int]) -> float:
    """Return how answers go together, in [-1, 1]: right in both, in the first, the second, none."""
    both, first, second, none = table
    tied: float = both * none - first * second
    if tied > 0:  # continuity: few images show little
        tied = max(tied - sum(table) / 2, 0)
    margins = (both + first) * (second + none) * (both + second) * (first + none)
    return tied / math.sqrt(margins) if margins else 0.0
