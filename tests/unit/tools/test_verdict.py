import pytest

from tools.comparing.paired_test import Difference, Matched, Pair, Shift
from tools.comparing.verdict import class_table, image_table, verdict

FOUND = Difference(0.9, 0.925, -0.0125, 0.0625, 3, 5, 0.7265625)
PAIR = Pair("cats/1.png", "cat", "cat", "dog", 0.5, 0.875)


def test_a_verdict_by_hand() -> None:
    images, accuracy, test = verdict(Matched([PAIR] * 80, 2, 1, 0), FOUND)
    assert images == "80 images in both, 2 only in A, 1 only in B, 0 with another label in B"
    assert accuracy == (
        "accuracy of A 0.9000, of B 0.9250; B - A +0.0250, 95 % interval -0.0125 to +0.0625 "
        "(paired bootstrap)"
    )
    assert test == (
        "only A is right 3 times, only B 5 times; p = 0.73 (McNemar's exact test): "
        "chance alone may explain it"
    )


@pytest.mark.parametrize(
    ("p_value", "meaning"), [(0.0499, "more than chance"), (0.05, "chance alone may explain it")]
)
def test_a_small_p_is_more_than_chance(p_value: float, meaning: str) -> None:
    *_, last = verdict(Matched([], 0, 0, 0), FOUND._replace(p_value=p_value))
    assert last.endswith(meaning)


def test_classes_are_in_columns() -> None:
    assert list(class_table([Shift("cat", 200, 100, 50), Shift("b", 8, 4, 5)])) == [
        "\nclasses whose accuracy changed: 2",
        "  class  images  A       B       B - A",
        "  cat    200     0.5000  0.2500  -0.2500",
        "  b      8       0.5000  0.6250  +0.1250",
    ]


def test_images_are_in_columns() -> None:
    assert list(image_table([PAIR])) == [
        "\nimages whose prediction changed: 1",
        "  image       class  A           B",
        "  cats/1.png  cat    cat (0.50)  dog (0.88)",
    ]


def test_the_first_of_many_are_shown() -> None:
    lines = list(image_table([PAIR] * 11))
    assert lines[0] == "\nimages whose prediction changed: 11, the first 10 of them"
    assert len(lines) == 12


def test_where_nothing_changed_there_is_no_table() -> None:
    assert list(class_table([])) == ["\nclasses whose accuracy changed: 0"]
    assert list(image_table([])) == ["\nimages whose prediction changed: 0"]
