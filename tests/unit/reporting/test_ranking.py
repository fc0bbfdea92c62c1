import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from stages.reporting.curves import area, average_precision, precision_recall, rank, rankings, roc


def drawn(seed: int, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities, many of them equal when rounded to few decimals, and who is a hit."""
    rng = np.random.default_rng(seed)
    of_class = rng.random(200) < 0.3
    return np.round(rng.random(200) * (1 + of_class) / 2, decimals), of_class


@pytest.mark.parametrize("decimals", [0, 1, 2, 15])
def test_areas_are_those_of_scikit_learn(decimals: int) -> None:
    probabilities, of_class = drawn(1, decimals)
    ranking = rank(probabilities, of_class)
    assert area(roc(ranking)) == pytest.approx(roc_auc_score(of_class, probabilities))
    precision = average_precision(precision_recall(ranking))
    assert precision == pytest.approx(average_precision_score(of_class, probabilities))


@pytest.mark.parametrize("decimals", [1, 15])
def test_the_roc_passes_through_every_point_of_scikit_learn(decimals: int) -> None:
    probabilities, of_class = drawn(2, decimals)
    curve = roc(rank(probabilities, of_class))
    false, true, _ = roc_curve(of_class, probabilities)
    for x, y in zip(false, true, strict=True):
        lower = np.interp(x - 1e-9, curve.x, curve.y)
        upper = np.interp(x + 1e-9, curve.x, curve.y)
        assert lower - 1e-6 <= y <= upper + 1e-6
    assert (np.diff(curve.x) >= 0).all()


def test_precision_and_recall_are_points_of_scikit_learn() -> None:
    probabilities, of_class = drawn(3, 2)
    curve = precision_recall(rank(probabilities, of_class))
    precision, recall, _ = precision_recall_curve(of_class, probabilities)
    points = np.column_stack([recall, precision])
    for point in np.column_stack(curve)[1:]:
        assert np.isclose(points, point).all(1).any()


def test_by_hand() -> None:
    # Falling: a hit, another image, two equal of which one is a hit.
    ranking = rank(np.array([0.9, 0.7, 0.2, 0.2]), np.array([True, False, True, False]))
    curve = roc(ranking)
    assert curve.x.tolist() == [0.0, 0.0, 0.0, 0.5, 1.0, 1.0]
    assert curve.y.tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    assert area(curve) == 0.625  # of four pairs two are right, one is a tie, one is wrong
    assert average_precision(precision_recall(ranking)) == (1 + 2 / 4) / 2


def test_hits_above_all_others_have_areas_of_1() -> None:
    ranking = rank(np.array([0.9, 0.8, 0.1]), np.array([True, True, False]))
    assert area(roc(ranking)) == average_precision(precision_recall(ranking)) == 1.0


def test_hits_below_all_others_have_no_area() -> None:
    assert area(roc(rank(np.array([0.1, 0.8]), np.array([True, False])))) == 0.0


def test_classes_that_occur_are_ranked_as_one_by_one() -> None:
    rng = np.random.default_rng(4)
    probabilities, labels = rng.dirichlet(np.ones(40), 60), rng.integers(0, 20, 60) * 2
    found = dict(rankings(probabilities, labels))
    assert sorted(found) == np.unique(labels).tolist()
    for number, ranking in found.items():
        alone = rank(probabilities[:, number], labels == number)
        np.testing.assert_array_equal(ranking.images, alone.images)
        np.testing.assert_array_equal(ranking.hits, alone.hits)


@pytest.mark.parametrize("label", [0, 1])
def test_where_one_class_occurs_nothing_is_ranked(label: int) -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert list(rankings(probabilities, np.full(2, label))) == []
