import numpy as np
import pytest

from stages.whole_vectors import LENGTH, centred, cosine, whole


def test_vectors_are_whole_and_of_one_length() -> None:
    values = np.random.default_rng(0).normal(size=(500, 64))
    found = whole(values)
    assert (found == np.rint(found)).all()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), LENGTH, rtol=1e-2)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    np.testing.assert_allclose(cosine(found @ found.T), np.minimum(unit @ unit.T, 1), atol=2e-3)
    np.testing.assert_array_equal(whole(values * 1e-30), found)


@pytest.mark.parametrize("odd", [0.0, np.nan, np.inf])
def test_what_is_no_number_counts_as_nothing(odd: float) -> None:
    values = np.array([[odd, odd], [1.0, odd]])
    assert whole(values).tolist() == [[0, 0], [LENGTH, 0]]


def test_centred_rows_have_mean_0() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 16), np.uint8)
    found = centred(pixels)
    assert not found.sum(1).any()
    np.testing.assert_allclose(found / 16, pixels - pixels.mean(1, keepdims=True))
