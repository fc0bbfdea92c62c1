from statistics import mean, median, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import ACCURACY, RATIO
from pydantic import ValidationError

from benchmarks.measuring.figure import Figure

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9).map(tuple)


def test_a_median_is_told_with_its_extremes() -> None:
    assert (RATIO.told(), RATIO.told("spread"), RATIO.told("n")) == ("1.69", "1.60 to 1.70", "3")
    assert (RATIO.told("min"), RATIO.told("max")) == ("1.60", "1.70")
    assert RATIO.whole() == "1.69 x (1.60 to 1.70)"


def test_a_mean_is_told_with_its_standard_deviation() -> None:
    assert (ACCURACY.told(), ACCURACY.told("spread")) == ("0.985", "± 0.007")
    assert ACCURACY.whole() == "0.985 ± 0.007"


def test_a_single_value_has_no_spread() -> None:
    assert (
        Figure(what="speed", values=(1234.5,), unit="images/s", decimals=0).whole()
        == "1,234 images/s"
    )


@given(VALUES, st.integers(0, 4))
def test_it_is_the_statistic_rounded_and_never_minus_zero(
    values: tuple[float, ...], decimals: int
) -> None:
    for center, of in (("median", median), ("mean", mean)):
        figure = Figure.model_validate_json(
            f'{{"what": "a", "values": {[*values]}, "decimals": {decimals}, "center": "{center}"}}'
        )
        told = figure.told().replace(",", "")
        assert float(told) == pytest.approx(of(values), abs=0.5000001 * 10**-decimals)
        assert not told.startswith("-") or any(digit in told for digit in "123456789")
    if len(values) > 1:
        spread = float(figure.told("spread").removeprefix("± ").replace(",", ""))
        assert spread == pytest.approx(stdev(values), abs=0.5000001 * 10**-decimals)


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "a", "values": (), "decimals": 2},
        {"what": "a", "values": (1.0,), "decimals": -1},
        {"what": "a", "values": (float("nan"),), "decimals": 1},
        {"what": "a", "values": (1.0,)},
    ],
)
def test_what_is_no_figure_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Figure.model_validate(wrong)
