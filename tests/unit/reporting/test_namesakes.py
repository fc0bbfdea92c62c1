import pytest

from stages.reporting.namesakes import distinct


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["cat", "dog"], ["cat", "dog"]),
        (["crane", "crane", "crane"], ["crane", "crane (2)", "crane (3)"]),
        (["crane", "crane", "crane (2)"], ["crane", "crane (2)", "crane (2) (2)"]),
        (["crane (2)", "crane", "crane"], ["crane (2)", "crane", "crane (3)"]),
        (["caf\u00e9", "cafe\u0301"], ["caf\u00e9", "cafe\u0301 (2)"]),
        (["a b", "a  b", " a b"], ["a b", "a  b (2)", " a b (3)"]),
        (["a", "a\ufe0f", "a\u3164"], ["a", "a\ufe0f (2)", "a\u3164 (3)"]),
        (["Cat", "cat"], ["Cat", "cat"]),
        (["m\u00b2", "m2"], ["m\u00b2", "m2"]),
        (["a\n", "a\u200b", "a"], [r"a\n", r"a\u200b", "a"]),
        (["", ""], ["", " (2)"]),
        ([], []),
    ],
)
def test_names_that_look_alike_are_numbered(names: list[str], shown: list[str]) -> None:
    assert distinct(names) == shown


def test_names_told_apart_once_stay_as_they_are() -> None:
    once = distinct(["crane"] * 5 + ["crane (2)"] * 3)
    assert len({*once}) == 8
    assert distinct(once) == once


def test_a_hundred_thousand_classes_of_one_name_take_no_time() -> None:
    assert len({*distinct(["crane"] * 100_000)}) == 100_000
