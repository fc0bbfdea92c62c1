"""Whether the best of a search is better than the default beyond chance."""

from typing import NamedTuple

from stages.artifacts.predictions import Predictions
from tools.comparing.paired_test import Difference


class Comparison(NamedTuple):
    """The best (B) against the default (A), on the images that both classified."""

    split: str  # of these images
    images: int
    found: Difference
    lines: list[str]  # for a terminal


def compared(default: Predictions, best: Predictions, split: str = "test") -> Comparison:
    """Compare the predictions of both.

    Raises:
        UserError: they have no image in common.
    """
    raise NotImplementedError
