from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from stages.exporting import comparison
from stages.exporting.comparison import accuracy_loss
from stages.scores import interval


def pair(both: int, first: int, second: int, none: int) -> tuple[Tensor, Tensor]:
    """Return which images are right in two networks, from how many are."""
    counts = torch.tensor([both, first, second, none])
    one, other = (
        torch.tensor(kinds).repeat_interleave(counts) for kinds in ((1, 1, 0, 0), (1, 0, 1, 0))
    )
    return one.bool(), other.bool()


def test_images_and_share_are_those_counted() -> None:
    found = accuracy_loss(*pair(40, 6, 2, 2))
    assert found.images == 4
    assert found.share == pytest.approx(0.08)
    assert accuracy_loss(*pair(40, 2, 6, 2)).images == -4


def test_without_agreement_beyond_chance_the_interval_is_that_of_two_samples() -> None:
    # 25 each: phi is 0, and the width is that of Newcombe's interval of independent shares.
    down, up = 0.5 - interval(50, 100)[0], interval(50, 100)[1] - 0.5
    assert accuracy_loss(*pair(25, 25, 25, 25)).low == pytest.approx(-np.hypot(down, up))


def test_two_that_say_the_same_of_many_images_differ_by_little() -> None:
    assert -0.01 < accuracy_loss(*pair(500, 0, 0, 500)).low <= 0


@pytest.mark.parametrize("images", [1, 2, 49])
def test_where_all_are_right_nothing_is_lost(images: int) -> None:
    found = accuracy_loss(*pair(images, 0, 0, 0))
    assert (found.images, found.share) == (0, 0)
    assert found.low < 0


@pytest.mark.parametrize("images", [30, 49, 500])
@pytest.mark.parametrize("shares", [(0.9, 0.04, 0.01, 0.05), (0.6, 0.1, 0.1, 0.2)])
def test_the_truth_is_below_the_interval_as_often_as_it_says(
    images: int, shares: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "interval", cache(interval))  # few counts, drawn often
    rng, truth = np.random.default_rng(0), shares[1] - shares[2]
    drawn = rng.multinomial(images, shares, 1000).tolist()
    above = np.mean([accuracy_loss(*pair(*counts)).low > truth for counts in drawn])
    assert above < 0.045  # 2.5 %, with three standard errors of 1000 draws
