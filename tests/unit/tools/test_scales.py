import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import complete, study

from tools.searching.axes import focused, parameter_scale
from tools.searching.record import Value
from tools.searching.scales import EDGE, scale


def test_a_scale_of_numbers_is_straight() -> None:
    found = scale("x", [0.0, 10, 5])
    shares = [found.share(value) for value in (0, 5, 10)]
    assert shares == pytest.approx([EDGE, 0.5, 1 - EDGE])
    assert [text for _, text in found.ticks()] == ["0", "2", "4", "6", "8", "10"]


def test_a_logarithmic_scale_has_a_tick_a_decade() -> None:
    found = scale("lr", [1e-4, 1e-1], log=True)
    assert [text for _, text in found.ticks()] == ["0.0001", "0.001", "0.01", "0.1"]
    assert found.share(10**-2.5) == pytest.approx(0.5)
    assert found.share(0) is None
    assert found.share(None) is None


@pytest.mark.parametrize(
    ("ends", "texts"),
    [
        ((0.01, 0.09), ["0.01", "0.02", "0.05"]),
        ((16, 256), ["20", "50", "100", "200"]),
        ((0.012, 0.018), ["0.012", "0.018"]),
        ((1e-12, 1), ["1e-12", "1e-09", "1e-06", "0.001", "1"]),
    ],
)
def test_ticks_of_a_logarithmic_scale_are_round(
    ends: tuple[float, float], texts: list[str]
) -> None:
    assert [text for _, text in scale("lr", ends, log=True).ticks()] == texts


def test_what_is_not_all_numbers_is_categories() -> None:
    found = scale("x", ["b", None, True, "a", 2, 0.5, False, "b", "[1, 2]"])
    texts = ["null", "false", "true", "0.5", "2", "[1, 2]", "a", "b"]
    assert [text for _, text in found.ticks()] == texts
    assert found.share("b") == 7.5 / 8
    assert found.share(None) == 0.5 / 8
    assert found.share("unknown") is None


def test_choices_of_numbers_are_categories() -> None:
    found = study([complete(n, 0.5, batch_size=size) for n, size in enumerate((128, 32, 64))])
    places = [text for _, text in parameter_scale(found, "train.batch_size", "x").ticks()]
    assert places != ["32", "64", "128"]
    chosen = found._replace(chosen={"train.batch_size"})
    ticks = parameter_scale(chosen, "train.batch_size", "x").ticks()
    assert ticks == [(1 / 6, "32"), (0.5, "64"), (5 / 6, "128")]


def test_whole_numbers_have_whole_ticks() -> None:
    assert [text for _, text in scale("epochs", [1, 3]).ticks()] == ["1", "2", "3"]


def test_a_range_that_is_not_positive_is_not_logarithmic() -> None:
    assert not scale("x", [0, 1], log=True).log


@given(st.lists(st.none() | st.booleans() | st.text() | st.floats() | st.integers(-9, 9)))
def test_every_value_has_a_place(values: list[Value]) -> None:
    for log in (False, True):
        found = scale("x", values, log=log)
        shares = [found.share(value) for value in values]
        assert all(share is not None and 0 <= share <= 1 for share in shares)
        assert all(0 <= place <= 1 for place, _ in found.ticks())


def test_one_that_diverged_leaves_the_others_their_room() -> None:
    found, beyond = focused("loss", [0.1, 0.2, 0.3, 1e9], maximize=False)
    # The median is 0.3, and 0.2 behind the best.
    assert beyond
    assert found.axis.low == 0.1
    assert found.axis.high == pytest.approx(0.9)
    assert found.share(1e9) == pytest.approx(1 - EDGE)
    found, beyond = focused("accuracy", [0.9, 0.8, 0.7, 0.05], maximize=True)
    assert beyond
    assert found.axis.low == pytest.approx(0.1)


@pytest.mark.parametrize("scores", [[], [0.5], [0.5, 0.5, 0.1], [0.9, 0.8, 0.7]])
def test_others_are_all_within(scores: list[float]) -> None:
    found, beyond = focused("accuracy", scores, maximize=True)
    assert not beyond
    assert all(math.isfinite(end) for end in (found.axis.low, found.axis.high))


@pytest.mark.parametrize(
    ("scores", "text"), [([0.9, 0.8, 0.75, 0.05], "≤ 0.3"), ([0.1, 0.2, 0.3, 1e9], "≥ 0.9")]
)
def test_the_edge_says_what_lies_there_or_beyond(scores: list[float], text: str) -> None:
    up = text.startswith("≤")
    found, _ = focused("score", scores, maximize=up)
    (edge,) = (place for place, written in found.ticks() if written == text)
    assert edge == found.share(scores[-1]) == pytest.approx(EDGE if up else 1 - EDGE)
    places = sorted(place for place, _ in found.ticks())
    assert all(after - before > 0.05 for before, after in pairwise(places))
