import numpy as np
import pytest
from jaxtyping import TypeCheckError
from sklearn.metrics import confusion_matrix

from stages.artifacts.report import Cell
from stages.reporting.confusion import confusion


def test_pairs_are_counted_and_those_that_never_met_are_left_out() -> None:
    cells = confusion(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 0]), "abc")
    assert cells == [
        Cell("a", "a", 1),
        Cell("a", "b", 1),
        Cell("b", "b", 1),
        Cell("c", "a", 2),
        Cell("c", "c", 0),
    ]


def test_a_class_that_is_never_present_and_never_predicted_is_on_the_diagonal() -> None:
    cells = confusion(np.array([0]), np.array([0]), ("seen", "unseen"))
    assert cells == [Cell("seen", "seen", 1), Cell("unseen", "unseen", 0)]


def test_a_class_that_is_predicted_but_never_present_has_a_column() -> None:
    cells = confusion(np.array([0, 0]), np.array([1, 1]), ("here", "nowhere"))
    assert Cell("here", "nowhere", 2) in cells
    assert Cell("here", "here", 0) in cells


def test_many_classes_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 9, 300), rng.integers(0, 9, 300)
    names = [f"class {number}" for number in range(9)]
    counts = np.zeros((9, 9), np.int64)
    for actual, predicted, images in confusion(labels, predictions, names):
        counts[names.index(actual), names.index(predicted)] = images
    np.testing.assert_array_equal(counts, confusion_matrix(labels, predictions))
    assert counts.sum() == 300


@pytest.mark.parametrize("predictions", [np.array([0]), np.array([0.0, 1.0])])
def test_predictions_of_another_shape_or_type_are_refused(predictions: np.ndarray) -> None:
    with pytest.raises(TypeCheckError):
        confusion(np.array([0, 1]), predictions, "ab")
