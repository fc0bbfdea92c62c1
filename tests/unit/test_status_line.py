import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.status_line import (
    Standing,
    amount,
    columns,
    duration,
    figure,
    in_log,
    in_terminal,
    parts,
)

TRAINING = Standing(
    "train",
    "images",
    done=7_002,
    total=23_340,
    seconds=1.2,
    rate=6_012.4,
    heading="epoch 7 of 20",
    figures=("loss 0.0123", "best val acc 0.9926"),
    extra="640 of 1,167 images",
)
LONG = TRAINING._replace(
    rate=1_234_567.0,
    total=100_000 * 14_197_122,
    heading="epoch 99,999 of 100,000",
    figures=("loss 1.23e+10", "best val acc 0.9926"),
)


SAID = "loss 0.0123, best val acc 0.9926, 6,012 images/s, 0:03 left"
BAR = f"{'█' * 9:30}"


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (159, f"epoch 7 of 20 |{BAR}| {SAID}, 640 of 1,167 images"),
        (99, f"epoch 7 of 20 |{'█' * 6:22}| {SAID}"),
        (79, f"epoch 7 of 20, {SAID}"),
        (50, "epoch 7 of 20, loss 0.0123, best val acc 0.9926"),
        (13, "epoch 7 of 20"),
        (5, ""),
    ],
)
def test_a_training_is_told_as_far_as_the_terminal_is_wide(width: int, line: str) -> None:
    assert in_terminal(TRAINING, width) == line


@pytest.mark.parametrize("width", [79, 99, 159])
def test_values_that_are_long_stay_whole(width: int) -> None:
    said = in_terminal(LONG, width)
    for value in ("99,999 of 100,000", "1.23e+10", "best val acc 0.9926", "1,234,567 images/s"):
        assert value in said


def test_without_a_best_score_none_is_said() -> None:
    said = in_terminal(TRAINING._replace(figures=("loss 2.3026",)), 79)
    assert "best" not in said
    assert "0.0000" not in said


def test_what_has_not_begun_has_no_rate_and_no_time() -> None:
    assert in_log(Standing("decode", "images", 0, 1797)) == "decode 0 of 1,797 images"


def test_at_the_end_the_time_that_it_took_is_said() -> None:
    ended = Standing("decode", "images", 1797, 1797, 62.3, 28.84, ended=True)
    assert in_log(ended) == "decode 1,797 of 1,797 images, 28.8 images/s, in 1:02"


def test_a_log_says_of_what_a_heading_is() -> None:
    assert in_log(TRAINING).startswith("train: epoch 7 of 20, loss 0.0123, best val")


def test_bytes_have_units_that_people_know() -> None:
    fetched = Standing("fetch a.zip", "B", 12_300_000, 4_560_000_000, 1, 3_400_000)
    assert in_log(fetched) == "fetch a.zip 12.3 MB of 4.56 GB, 3.4 MB/s, 22:18 left"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (123_456, "123 kB"), (10**21, "1e+03 EB")],
)
def test_amounts_of_bytes(count: int, said: str) -> None:
    assert amount(count, "B") == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (3723, "1:02:03"), (10**7, "2,777:46:40")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.99264, "0.9926"),
        (0, "0.0000"),
        (0.00012, "0.00012"),
        (123456.7, "1.23e+05"),
        (12, "12.0000"),
    ],
)
def test_figures(value: float, said: str) -> None:
    assert figure(value) == said


def test_of_a_long_name_the_count_stays() -> None:
    fetched = Standing("fetch " + "a" * 200 + ".zip", "B", 5, 10)
    assert in_terminal(fetched, 40).endswith("... 5 B of 10 B")
    assert columns(in_terminal(fetched, 40)) == 40


def test_wide_letters_take_two_columns() -> None:
    named = Standing("fetch " + "画" * 60, "B", 5, 10)
    assert columns(in_terminal(named, 40)) <= 40


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "M", "Z")), max_size=60)
STANDINGS = st.builds(
    Standing,
    what=TEXTS.filter(bool),
    unit=st.sampled_from(["images", "B", ""]),
    done=st.integers(0, 10**12),
    total=st.none() | st.integers(0, 10**15),
    seconds=st.floats(0, 1e8),
    rate=st.floats(0, 1e12),
    heading=st.just("") | st.from_regex(r"epoch [0-9]{1,6} of [0-9]{1,6}", fullmatch=True),
    figures=st.lists(st.from_regex(r"loss [0-9.]{1,20}", fullmatch=True), max_size=3).map(tuple),
    extra=st.just("") | TEXTS,
    ended=st.booleans(),
)


@given(STANDINGS, st.integers(1, 300))
def test_no_line_is_wider_than_the_terminal_and_no_value_is_cut(
    standing: Standing, width: int
) -> None:
    said = in_terminal(standing, width)
    assert columns(said) <= width
    first, *rest = parts(standing)
    assert len(said) > 0 or columns(first) > width
    without_bar = re.sub(r" ?\|[█ ]{6,30}\|( |$)", ", ", said, count=1).removesuffix(", ")
    whole = [", ".join([first, *rest[:count]]) for count in range(len(rest) + 1)]
    if columns(first) <= width:
        assert said in whole or without_bar in whole
