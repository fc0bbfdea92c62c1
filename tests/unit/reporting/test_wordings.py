import pytest

from stages.reporting.wordings import percent, spaced, three


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (1, "100.0 %"),
        (0.99999, "> 99.9 %"),
        (0.985, "98.5 %"),
        (0.0004, "< 0.1 %"),
        (0, "0.0 %"),
        (0.5, "50.0 %"),
    ],
)
def test_only_what_is_all_or_nothing_is_shown_as_that(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_percentages_of_a_sentence_are_spaced() -> None:
    assert spaced("98.9% (97% to 99 %) of a%b") == "98.9 % (97 % to 99 %) of a%b"


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (1, "1.000"),
        (1 - 1e-12, "1.000"),  # the area below ones, summed up
        (0.99996, "> 0.999"),
        (0.9995, "> 0.999"),
        (0.9994, "0.999"),
        (0.00049, "< 0.001"),
        (0, "0.000"),
        (-0.1, "-0.100"),
        (2.0, "2.000"),
    ],
)
def test_no_score_is_rounded_to_perfect(score: float, shown: str) -> None:
    assert three(score) == shown
