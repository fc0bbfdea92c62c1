import logging

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from studies import complete

from tools.searching.importance import importance
from tools.searching.record import SearchTrial, Value

UNIT = FloatDistribution(0, 1)
GRID = [(x / 4, y / 4) for x in range(5) for y in range(5)]
BOTH = {"train.x": UNIT, "train.y": UNIT}


def test_the_parameter_that_alone_decides_has_all_of_it() -> None:
    trials = [complete(number, x, x=x, y=y) for number, (x, y) in enumerate(GRID)]
    found = importance(trials, BOTH)
    assert [*found] == ["train.x", "train.y"]
    assert found["train.x"] > 0.95
    assert sum(found.values()) == pytest.approx(1, abs=1e-3)


def test_two_parameters_that_add_share_as_their_variances() -> None:
    # The variance of 2x is four times that of y.
    trials = [complete(number, 2 * x + y, x=x, y=y) for number, (x, y) in enumerate(GRID)]
    assert importance(trials, BOTH)["train.x"] == pytest.approx(0.8, abs=0.08)


def test_a_logarithmic_range_is_weighed_by_its_decades() -> None:
    rates = [10.0**-power for power in range(6)]
    choices = (None, True, "[1, 2]")
    trials = [
        complete(number, power + 2.5 * at, lr=rate, choice=choice)
        for number, (power, rate, at, choice) in enumerate(
            (power, rate, at, choice)
            for power, rate in enumerate(rates)
            for at, choice in enumerate(choices)
        )
    ]
    ranges = {
        "train.lr": FloatDistribution(1e-5, 1, log=True),
        "train.choice": CategoricalDistribution(choices),
    }
    # Variances of 0 to 5 and of 0, 2.5 and 5: 35 / 12 and 50 / 12.
    assert importance(trials, ranges)["train.lr"] == pytest.approx(35 / 85, abs=0.1)


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [complete(number, number / 3, x=number / 3, y=0.5) for number in range(3)],
        [complete(number, 0.5, x=number / 9, y=0.5) for number in range(9)],
        [complete(number, number / 9, x=0.5, y=0.5) for number in range(9)],
        [complete(number, float("nan"), x=number / 9, y=0.5) for number in range(9)],
        [complete(number, number / 9, x=2.0 + number, y=0.5) for number in range(9)],
        [complete(number, number / 9, x="wide", y=0.5) for number in range(9)],
        [complete(number, number / 9, x=number / 9) for number in range(9)],
    ],
    ids=["none", "few", "same", "point", "nan", "beyond", "text", "lacking"],
)
def test_of_what_tells_nothing_there_is_none(trials: list[SearchTrial]) -> None:
    assert importance(trials, BOTH) == {}


def test_what_is_not_complete_is_left_out() -> None:
    trials = [complete(number, x, x=x, y=y) for number, (x, y) in enumerate(GRID)]
    others = [trials[0]._replace(state="pruned", score=None), complete(0, 0.5)]
    assert importance([*others, *trials], BOTH) == importance(trials, BOTH)


def test_it_is_the_same_at_every_call_and_silent(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    values: list[dict[str, Value]] = [{"x": x, "n": n} for x in (0.1, 0.5, 0.9) for n in (1, 2, 64)]
    trials = [
        complete(number, 1 / (1 + number % 4), **known) for number, known in enumerate(values)
    ]
    ranges = {"train.x": UNIT, "train.n": IntDistribution(1, 64, log=True)}
    with caplog.at_level(logging.DEBUG):
        assert importance(trials, ranges) == importance(trials[::-1][::-1], ranges)
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
