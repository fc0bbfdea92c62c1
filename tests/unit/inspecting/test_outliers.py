import numpy as np
import pytest

from stages.inspecting.outliers import distances, farthest
from stages.whole_vectors import whole


def test_the_distance_is_that_to_the_nearest_mean() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    features = rng.normal(size=(200, 8)) + 3 * np.eye(8)[labels]
    trained = rng.random(200) < 0.6
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    means = np.stack([unit[trained & (labels == label)].mean(0) for label in range(3)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    expected = 1 - (unit @ means.T).max(1)
    for side in (trained, ~trained):
        expected[side] /= np.sort(expected[side])[side.sum() // 2]
    np.testing.assert_allclose(
        distances(whole(features), labels, trained), expected, rtol=0.05, atol=5e-3
    )


def test_an_image_of_another_kind_is_the_farthest_even_where_there_are_several() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    features = rng.normal(size=(300, 6)) * 0.1 + np.eye(6)[labels]
    features[:12] = rng.normal(size=(12, 6)) * 0.1 + np.eye(6)[4]
    found = distances(whole(features), labels, np.ones(300, bool))
    rows, scores = farthest(found, 0.04)
    assert {*rows.tolist()} == {*range(12)}
    assert (np.diff(scores) <= 0).all()
    assert ((scores > 0) & (scores <= 1)).all()


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.01, 1), (0.1, 1), (0.2, 2)])
def test_the_share_is_rounded_up(share: float, count: int) -> None:
    assert len(farthest(np.array([1.0, 1, 1, 1, 5, 1, 1, 1, 7, 1]), share)[0]) == count


def test_what_is_no_farther_than_the_median_is_no_outlier() -> None:
    rows, scores = farthest(np.array([1.0, 0.5, 2.0]), 1.0)
    assert rows.tolist() == [2]
    assert scores.tolist() == [0.5]


def test_a_network_that_tells_nothing_has_no_outliers() -> None:
    features = np.zeros((5, 3), np.float32)
    found = distances(features, np.zeros(5, np.int64), np.ones(5, bool))
    assert farthest(found, 1.0)[0].tolist() == []
