import pytest

from stages.artifacts.numbering import numbered


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
