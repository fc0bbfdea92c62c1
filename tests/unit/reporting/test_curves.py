from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from stages.artifacts.report import RecallPoint, RocPoint
from stages.reporting.curves import (
    AVERAGE,
    GRID,
    POINTS,
    Curve,
    Ranking,
    rankings,
    recall_points,
    roc_points,
    thin,
)


def some(classes: int, images: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, images)
    scores = rng.random((images, classes))
    scores[np.arange(images), labels] += 0.5
    return scores / scores.sum(1, keepdims=True), labels


def ranked(probabilities: np.ndarray, labels: np.ndarray) -> dict[int, Ranking]:
    return dict(rankings(probabilities, labels))


def names(points: Sequence[RocPoint | RecallPoint]) -> list[str]:
    return list(dict.fromkeys(point.curve for point in points))


def test_few_classes_have_a_curve_each_and_many_only_their_average() -> None:
    for classes, expected in (
        (2, [AVERAGE, *"ab"]),
        (10, [AVERAGE, *"abcdefghij"]),
        (11, [AVERAGE]),
    ):
        found = ranked(*some(classes))
        assert names(roc_points(found, "abcdefghijk"[:classes])) == expected
        assert names(recall_points(found, "abcdefghijk"[:classes])) == expected


def test_a_class_without_images_has_no_curve() -> None:
    probabilities, labels = some(3)
    labels[labels == 1] = 0
    assert names(roc_points(ranked(probabilities, labels), "abc")) == [AVERAGE, "a", "c"]


def test_where_one_class_occurs_there_is_no_curve() -> None:
    found = ranked(np.array([[0.5, 0.5]]), np.array([0]))
    assert roc_points(found, "ab") == []
    assert recall_points(found, "ab") == []


def test_the_average_roc_is_the_mean_of_scikit_learns() -> None:
    probabilities, labels = some(12)
    expected = []
    for number in range(12):
        false, true, _ = roc_curve(labels == number, probabilities[:, number])
        expected.append(np.interp(GRID, false, true))
    points = roc_points(ranked(probabilities, labels), "abcdefghijkl")
    assert (points[0].false_positive_rate, points[0].true_positive_rate) == (0.0, 0.0)
    rates = [point.true_positive_rate for point in points[1:]]
    np.testing.assert_allclose(rates, np.mean(expected, axis=0))


def test_the_average_precision_is_the_mean_at_a_recall_of_scikit_learns() -> None:
    probabilities, labels = some(12)
    expected = []
    for number in range(12):
        precision, recall, _ = precision_recall_curve(labels == number, probabilities[:, number])
        # Of all thresholds that reach the recall, the highest; scikit-learn's rise.
        expected.append([precision[:-1][recall[:-1] >= least][-1] for least in GRID[1:]])
    points = recall_points(ranked(probabilities, labels), "abcdefghijkl")
    precisions = [point.precision for point in points if point.recall > 0]
    np.testing.assert_allclose(precisions, np.mean(expected, axis=0))


def test_a_perfect_model_has_square_curves() -> None:
    found = ranked(np.eye(2), np.array([0, 1]))
    assert {point.true_positive_rate for point in roc_points(found, "ab")[1:102]} == {1.0}
    assert {point.precision for point in recall_points(found, "ab")} == {1.0}


def test_curves_of_many_images_are_short_and_keep_their_ends() -> None:
    probabilities, labels = some(2, images=5000)
    points = roc_points(ranked(probabilities, labels), "ab")
    curve = [point[1:] for point in points if point.curve == "a"]
    assert len(curve) <= POINTS
    assert (curve[0], curve[-1]) == ((0.0, 0.0), (1.0, 1.0))


@pytest.mark.parametrize("points", [2, 3, 10, 1000])
def test_thinning_keeps_ends_and_order(points: int) -> None:
    x = np.linspace(0, 1, 500)
    curve = thin(Curve(x, x**0.25), points)
    assert len(curve.x) <= points
    assert (curve.x[0], curve.x[-1], curve.y[-1]) == (0.0, 1.0, 1.0)
    assert (np.diff(curve.x) > 0).all()
    np.testing.assert_array_equal(curve.y, curve.x**0.25)


def test_a_long_step_is_not_repeated() -> None:
    x = np.append(np.arange(100) / 1e6, 1.0)
    curve = thin(Curve(x, x), 50)
    assert curve.x.tolist() == [0.0, 1.0]


def test_a_thinned_curve_is_as_good_as_the_whole() -> None:
    x = np.linspace(0, 1, 5000)
    whole = Curve(x, x**0.1)
    apart = np.interp(x, *thin(whole)) - whole.y
    assert np.abs(apart).max() < 0.01
