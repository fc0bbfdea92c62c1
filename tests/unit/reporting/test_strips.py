import numpy as np
import pytest
from toys import pixels

from stages.artifacts.splits import Split
from stages.pictures import picture
from stages.reporting.strips import CLASSES, IMAGES, SIDE, joined, strips


def train(labels: list[int], side: int = 6, channels: int = 1) -> Split:
    images = np.stack([pixels(row, side, side, channels) for row in range(len(labels))])
    return Split(images.reshape(len(labels), side, side, channels), np.array(labels))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_strip_has_images_of_its_class_side_by_side(channels: int) -> None:
    part = train([1, 0, 1], channels=channels)
    first, second = strips(["a", "b"], part, [[1, 0], [2, 5]])
    assert (first.name, second.name, second.images) == ("a", "b", [2, 5])
    assert first.picture
    assert second.picture
    np.testing.assert_array_equal(first.picture, part.images[1].squeeze())
    shown = np.asarray(second.picture)
    assert shown.shape[:2] == (6, 13)
    np.testing.assert_array_equal(shown[:, :6], part.images[0].squeeze())
    np.testing.assert_array_equal(shown[:, 7:], part.images[2].squeeze())


def test_images_are_spread_over_the_class() -> None:
    part = train([0] * 100)
    (strip,) = strips(["a"], part, [[100]])
    assert strip.picture
    assert strip.picture.width == IMAGES * 7 - 1
    shown = np.asarray(strip.picture)
    np.testing.assert_array_equal(shown[:, :6], part.images[0, ..., 0])
    np.testing.assert_array_equal(shown[:, -6:], part.images[99, ..., 0])


def test_a_class_without_images_has_no_strip() -> None:
    first, second = strips(["a", "b"], train([1]), [[0], [1]])
    assert first.picture is None
    assert second.picture


def test_of_many_classes_the_first_have_one() -> None:
    labels = list(range(1000))
    assert len([*strips([f"{n}" for n in labels], train(labels), [[1]] * 1000)]) == CLASSES


def test_large_images_are_shrunk_and_elongated_ones_stand_in_the_middle() -> None:
    (strip,) = strips(["a"], train([0, 0], side=100, channels=3), [[2]])
    assert strip.picture
    assert strip.picture.height == SIDE
    wide = joined([picture(np.zeros((2, 8, 1), np.uint8)), picture(np.zeros((8, 8, 1), np.uint8))])
    rows = np.asarray(wide)[:, :8]
    assert (rows[3:5] == 0).all()
    assert (rows[:3] == 128).all()
    assert (rows[5:] == 128).all()
