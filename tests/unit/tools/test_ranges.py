"""What a parameter is drawn from: read from YAML's values, and turned back into them."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution, IntDistribution

from tools.searching.ranges import parse


@pytest.mark.parametrize(
    ("found", "whole", "distribution"),
    [
        ({"low": 1e-4, "high": 0.1, "log": True}, False, FloatDistribution(1e-4, 0.1, log=True)),
        ({"low": 0, "high": 1}, False, FloatDistribution(0, 1)),
        ({"low": 0, "high": 0.2, "step": 0.05}, False, FloatDistribution(0, 0.2, step=0.05)),
        ({"low": 1, "high": 9}, True, IntDistribution(1, 9)),
        ({"low": 1, "high": 9, "log": True}, True, IntDistribution(1, 9, log=True)),
        ({"low": 1, "high": 9, "step": 4}, True, IntDistribution(1, 9, step=4)),
    ],
)
def test_an_interval_is_a_distribution(
    found: dict[str, Any], whole: int, distribution: object
) -> None:
    assert parse(found, whole=bool(whole)).distribution == distribution


@pytest.mark.parametrize(
    ("found", "whole", "said"),
    [
        (3, False, "must be a list of choices, or low and high, as"),
        ("low", False, "must be a list of choices"),
        (None, False, "must be a list of choices, .* is null"),
        ([], False, "must have two choices or more, is \\[\\]"),
        (["cnn"], False, "must have two choices or more"),
        ([1, 2, 1.0], False, "has a number twice, is \\[1, 2, 1.0\\]"),
        ({"low": 0.10000001, "high": 0.10000002}, False, "must differ in their first digits"),
        (["cnn", "mlp", "cnn"], False, "has the choice cnn twice"),
        ([1, "1"], False, "has the choice 1 twice"),
        ({"low": 1}, False, "high is missing"),
        ({"high": 1}, False, "low is missing"),
        ({}, False, "low is missing"),
        ({"low": 1, "high": 2, "base": 10}, False, 'has "base"; known are low, high, log, step'),
        ({"low": "a", "high": 2}, False, 'low must be a number, is "a"'),
        ({"low": True, "high": 2}, False, "low must be a number, is true"),
        ({"low": math.nan, "high": 2}, False, "low must be a number"),
        ({"low": 2, "high": math.inf}, False, "high must be a number"),
        ({"low": 2, "high": 2}, False, "low must be less than high, is 2 and 2"),
        ({"low": 0.1, "high": 1e-4}, False, "low must be less than high"),
        ({"low": 0, "high": 1, "log": True}, False, "low must be greater than 0 where log is true"),
        ({"low": 1, "high": 2, "log": "yes"}, False, 'log must be true or false, is "yes"'),
        ({"low": 1, "high": 9, "log": True, "step": 2}, False, "has both log and step"),
        ({"low": 0, "high": 1, "step": 0.3}, False, "step must lead from low to high, is 0.3"),
        ({"low": 0, "high": 1, "step": 0}, False, "step must lead from low to high"),
        ({"low": 0, "high": 1, "step": -0.5}, False, "step must lead from low to high"),
        ({"low": 0, "high": 1, "step": 1e-300}, False, "step must be at least 1e-09, is 1e-300"),
        ({"low": 0, "high": 1, "step": 2}, False, "step must lead from low to high"),
        ({"low": 1, "high": 9.5}, True, "takes whole numbers alone"),
        ({"low": 1, "high": 9, "step": 0.5}, True, "takes whole numbers alone"),
    ],
)
def test_what_is_no_range_is_refused(found: object, whole: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(found, whole=bool(whole))


def test_choices_come_back_as_they_were() -> None:
    given_ = ["cnn", 0.1, 3, True, None, [64, 64]]
    one = parse(given_, whole=False)
    for value in given_:
        setting = one.setting(one.drawn(value))
        assert setting == value
        assert type(setting) is type(value)
    with pytest.raises(
        ValueError, match=r'"mlp" is not one of cnn, 0.1, 3, true, null, \[64, 64\]'
    ):
        one.drawn("mlp")


@given(st.floats(1e-6, 1e3))
def test_a_number_has_four_digits_and_stays_within_its_range(drawn: float) -> None:
    one = parse({"low": 1e-6, "high": 1e3, "log": True}, whole=False)
    setting = one.setting(drawn)
    assert 1e-6 <= setting <= 1e3
    assert setting == pytest.approx(drawn, rel=1e-3)
    assert float(f"{setting:.4g}") == setting


def test_a_bound_of_many_digits_is_not_passed() -> None:
    one = parse({"low": 0.123456, "high": 0.123999}, whole=False)
    assert one.setting(0.123999) == 0.123999  # 0.124 is above
    assert one.setting(0.123456) == 0.1235


@pytest.mark.parametrize(
    ("range_", "whole", "value", "drawn"),
    [
        ({"low": 0, "high": 1}, False, 0, 0.0),
        ({"low": 0, "high": 1}, False, 2, None),
        ({"low": 0, "high": 1}, False, True, None),
        ({"low": 0, "high": 1}, False, "0", None),
        ({"low": 0, "high": 1}, False, None, None),
        ({"low": 1, "high": 9, "step": 4}, True, 5, 5),
        ({"low": 1, "high": 9, "step": 4}, True, 6, None),
        ([32, 64], True, 64, "64"),
        ([32, 64], True, 128, None),
    ],
)
def test_what_params_yaml_says_is_within_or_not(
    range_: object, whole: int, value: object, drawn: object
) -> None:
    one = parse(range_, whole=bool(whole))
    if drawn is None:
        with pytest.raises(ValueError, match="is not "):
            one.drawn(value)
    else:
        assert one.drawn(value) == drawn


def test_steps_are_not_rounded_away() -> None:
    one = parse({"low": 0.00001, "high": 10.00001, "step": 0.00001}, whole=False)
    assert one.setting(2.39176) == 2.39176
    assert parse({"low": 0, "high": 0.2, "step": 0.05}, whole=False).setting(3 * 0.05) == 0.15
