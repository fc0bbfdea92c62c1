import pytest

from stages.reporting.wordings import percent, spaced


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
