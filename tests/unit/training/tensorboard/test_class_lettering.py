# names of other scripts

import pytest

from stages.training.tensorboard.lettering import drawable, legend, lettered


@pytest.mark.parametrize("name", ["", "ants", "Käfer, größer", "жук", "γάτα", "a b (2)", "\\x1b"])
def test_letters_that_the_font_has_are_drawn(name: str) -> None:
    assert drawable(name)


@pytest.mark.parametrize(
    "name", ["猫", "cat 猫", "العربية", "עברית", "हिन्दी", "ไทย", "🫠", "\U0010ffff"]
)
def test_those_that_it_lacks_or_cannot_join_are_not(name: str) -> None:
    assert not drawable(name)


def test_a_number_stands_for_what_cannot_be_drawn_and_a_legend_says_for_what() -> None:
    names = ["ants", "猫", "<b>猫</b>"]
    assert lettered(names) == ["ants", "class 1", "class 2"]
    assert legend(names) == "class 1: 猫  \nclass 2: \\<b\\>猫\\</b\\>"


def test_where_all_are_drawn_there_is_no_legend() -> None:
    assert legend(["ants", "bees"]) == ""
    assert legend([]) == ""
