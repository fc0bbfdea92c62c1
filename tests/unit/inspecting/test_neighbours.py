import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.inspecting import neighbours
from stages.inspecting.neighbours import nearest
from stages.whole_vectors import whole


def by_hand(vectors: np.ndarray, count: int) -> list[list[int]]:
    """Sort the others of each by product, then by index."""
    products = (vectors.astype(np.int64) @ vectors.astype(np.int64).T).tolist()
    ranked = [
        sorted((-value, column) for column, value in enumerate(row) if column != number)
        for number, row in enumerate(products)
    ]
    return [[column for _, column in row[:count]] for row in ranked]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 40), st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**32 - 1), st.data()
)
def test_the_nearest_are_those_of_a_whole_sort_whatever_the_blocks(
    images: int, count: int, values: int, seed: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    vectors = whole(rng.integers(-values, values + 1, (images, 3)))  # many are equal
    block = data.draw(st.integers(1, 9))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "ROWS", block)
        patch.setattr(neighbours, "COLUMNS", data.draw(st.integers(count + 1, 20)))
        patch.setattr(neighbours, "FIRST", count + 1)
        found = nearest(vectors, count)
    assert found.tolist() == by_hand(vectors, min(count, images - 1))


def test_one_image_has_no_neighbour() -> None:
    assert nearest(whole(np.ones((1, 3))), 5).shape == (1, 0)
    assert nearest(np.zeros((0, 3), np.float32), 5).shape == (0, 0)
