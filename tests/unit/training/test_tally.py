from math import inf, isfinite, nan

import pytest
import torch

from stages.training.state import Outcome, Tally, finite


def outcome(loss: float, right: int, images: int) -> Outcome:
    return Outcome(torch.tensor(loss), torch.tensor(right), images)


OUTCOMES = [outcome(0.5, 3, 4), outcome(0.25, 4, 4), outcome(2.0, 0, 1)]


def test_sums_by_hand() -> None:
    tally = Tally().plus(OUTCOMES)
    assert tally == Tally(steps=3, images=9, right=7, nats=0.5 * 4 + 0.25 * 4 + 2.0)
    assert tally.loss == pytest.approx(5 / 9)
    assert tally.accuracy == pytest.approx(7 / 9)


def test_how_often_one_looks_does_not_change_a_bit() -> None:
    values = torch.rand(50, generator=torch.Generator().manual_seed(0)).tolist()
    outcomes = [outcome(value, 1, 3) for value in values]
    one_by_one = Tally()
    for each in outcomes:
        one_by_one = one_by_one.plus([each])
    halves = Tally().plus(outcomes[:20]).plus(outcomes[20:])
    assert Tally().plus(outcomes) == one_by_one == halves


@pytest.mark.parametrize("loss", [nan, inf, -inf])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_loss_that_is_no_number_stays_in_the_sum(loss: float, position: int) -> None:
    outcomes = [*OUTCOMES[:position], outcome(loss, 0, 4), *OUTCOMES[position:]]
    assert not isfinite(Tally(5, 20, 10, 3.0).plus(outcomes).nats)


def test_a_number_passes() -> None:
    assert finite(-1e300, "anywhere") == -1e300
