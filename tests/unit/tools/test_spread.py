import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tools.repeating.spread import spread

RUNS = st.lists(st.floats(0, 1), min_size=2, max_size=30)
EVERYTHING = (-math.inf, math.inf)


@given(RUNS)
def test_the_interval_is_that_of_students_t(values: list[float]) -> None:
    found = spread(values, bounds=EVERYTHING)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.sd == pytest.approx(np.std(values, ddof=1))
    error = float(stats.sem(values))
    if error > 1e-12:
        want = stats.t.interval(0.95, len(values) - 1, np.mean(values), error)
        assert (found.low, found.high) == pytest.approx(want)


def test_the_corrected_interval_by_hand() -> None:
    # Three folds: each is scored on half as many images as it learns from. t of 2 degrees of
    # freedom is 4.302653; sqrt(1/3 + 1/2) is 0.912871.
    found = spread([0.80, 0.85, 0.90], 0.5, EVERYTHING)
    assert found.sd == pytest.approx(0.05)
    assert found.high - found.mean == pytest.approx(4.302653 * 0.05 * 0.912871, abs=1e-6)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)


@given(RUNS, st.floats(0, 2))
def test_an_overlap_makes_it_wider(values: list[float], ratio: float) -> None:
    plain, corrected = spread(values, 0.0, EVERYTHING), spread(values, ratio, EVERYTHING)
    assert corrected.low <= plain.low
    assert corrected.high >= plain.high
    scale = math.sqrt(1 + ratio * len(values))  # (1/n + ratio) n
    assert corrected.high - corrected.mean == pytest.approx(
        scale * (plain.high - plain.mean), abs=1e-9
    )


def test_the_interval_ends_at_the_bounds() -> None:
    found = spread([0.9, 1.0])
    assert (found.low > 0, found.high) == (True, 1.0)
    assert spread([0.0, 0.1], bounds=(0.0, math.inf)).low == 0


def test_equal_runs_have_no_spread() -> None:
    assert spread([0.5, 0.5, 0.5], 0.25) == (0.5, 0, 0.5, 0.5)
