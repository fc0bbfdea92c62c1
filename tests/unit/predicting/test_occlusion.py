"""Heat maps by occlusion, against a model of which it is known where it looks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprise.model import Answers
from reprise.occlusion import heat_map


def looking_at(row: int, column: int) -> "Watched":
    return Watched(row, column)


class Watched:
    """A model whose probability of class 1 is the brightness of one pixel."""

    def __init__(self, row: int, column: int) -> None:
        self.place, self.asked = (row, column), list[int]()

    def __call__(self, images: np.ndarray) -> Answers:
        self.asked.append(len(images))
        bright = images[:, *self.place, 0].astype(np.float32) / 255
        shares = np.stack([1 - bright, bright], axis=1)
        always = np.ones(len(images), bool)
        return Answers(shares, always, np.ones(shares.shape, bool), ~always)


def spot(height: int, width: int, place: tuple[int, int]) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[place] = 255
    return image


def test_what_is_looked_at_is_hot_and_the_rest_is_cold() -> None:
    image = spot(28, 28, (10, 20))
    found = heat_map(looking_at(10, 20), image, 1, 14)
    assert found.dtype == np.float32
    assert found.shape == (14, 14)
    expected = np.zeros((14, 14), bool)
    expected[4:7, 9:12] = True  # the cells within reach of cell [5, 10], of 2 x 2 pixels
    np.testing.assert_array_equal(found > 0.9, expected)
    np.testing.assert_array_equal(found == 0, ~expected)


def test_where_the_probability_rises_nothing_is_lost() -> None:
    assert not heat_map(looking_at(3, 3), spot(8, 8, (3, 3)), 0, 8).any()


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20))
def test_there_is_a_cell_a_pixel_at_most(height: int, width: int, cells: int) -> None:
    model = looking_at(height - 1, width - 1)
    found = heat_map(model, spot(height, width, (height - 1, width - 1)), 1, cells)
    assert found.shape == (min(cells, height), min(cells, width))
    assert ((found >= 0) & (found <= 1)).all()
    assert found[-1, -1] == found.max()
    assert max(model.asked) <= 32
    assert sum(model.asked) == 1 + found.size


def test_the_picture_stays_as_it_is() -> None:
    image = spot(9, 9, (1, 1))
    image.flags.writeable = False
    heat_map(looking_at(1, 1), image, 1, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_even_picture_loses_nothing(channels: int) -> None:
    assert not heat_map(looking_at(0, 0), np.full((5, 6, channels), 77, np.uint8), 1, 4).any()
