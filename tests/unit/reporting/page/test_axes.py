import math

import numpy as np
import pytest

from stages.reporting.page.charts import Axis, spanning, ticks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (0.13, 1.9, [0.5, 1, 1.5]),
        (-3, 3, [-2, 0, 2]),
        (0, 1e-6, [0, 2e-7, 4e-7, 6e-7, 8e-7, 1e-6]),
        (0, 123456, [0, 50000, 100000]),
    ],
)
def test_ticks_are_round_values(low: float, high: float, expected: list[float]) -> None:
    assert ticks(Axis("", low, high)) == pytest.approx(expected)


@pytest.mark.parametrize(("low", "high"), [(1, 2), (1, 20), (0.5, 1.5), (1, 3), (0, 1)])
def test_whole_axes_have_whole_ticks(low: float, high: float) -> None:
    found = ticks(Axis("epoch", low, high, whole=True))
    assert found
    assert all(value == int(value) for value in found)


def test_ticks_are_few_and_within_the_axis() -> None:
    rng = np.random.default_rng(0)
    for low, width in zip(rng.normal(0, 100, 500), 10.0 ** rng.uniform(-6, 6, 500), strict=True):
        found = ticks(Axis("", low, low + width))
        assert 2 <= len(found) <= 6
        assert low - 1e-4 * width <= found[0]
        assert found[-1] <= low + width * 1.0001


@pytest.mark.parametrize(
    ("value", "share"), [(2, 0), (4, 0.5), (6, 1), (0, 0), (9, 1), (-math.inf, 0)]
)
def test_shares_stay_between_the_ends(value: float, share: float) -> None:
    assert Axis("", 2, 6).share(value) == share


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([1, 3, 2], 1, 3),
        ([1, math.nan, math.inf, 3], 1, 3),
        ([4], 2, 6),
        ([0, 0], -1, 1),
        ([-4], -6, -2),
        ([], -1, 1),
        ([math.nan], -1, 1),
    ],
)
def test_an_axis_spans_its_finite_values(values: list[float], low: float, high: float) -> None:
    assert spanning("loss", values) == Axis("loss", low, high)


def test_a_single_epoch_has_one_tick() -> None:
    assert ticks(spanning("epoch", [1, 1], whole=True)) == [1]
