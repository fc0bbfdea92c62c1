import pytest

from stages.artifacts.numbering import distinct, numbered


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ()),
        (["a", "b"], ("a", "b")),
        (["a", "a", "a"], ("a", "a (2)", "a (3)")),
        (["a", "a (2)", "a"], ("a", "a (2)", "a (3)")),
        (["a (2)", "a (2)", "a", "a"], ("a (2)", "a (2) (2)", "a", "a (3)")),
        (["{}", "{}"], ("{}", "{} (2)")),
    ],
)
def test_a_name_that_came_before_gets_a_number(names: list[str], expected: tuple[str]) -> None:
    assert numbered(names) == expected


def test_a_number_makes_no_name_of_the_same_key() -> None:
    assert numbered(["a", "A (2)", "a"], str.lower) == ("a", "A (2)", "a (3)")


def test_many_of_one_name_are_numbered_at_once() -> None:
    assert numbered(["a"] * 20_000)[-1] == "a (20000)"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["cat", "dog"], ["cat", "dog"]),
        (["crane", "crane", "crane"], ["crane", "crane (2)", "crane (3)"]),
        (["crane", "crane", "crane (2)"], ["crane", "crane (3)", "crane (2)"]),
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
