import numpy as np
import pytest
from jaxtyping import TypeCheckError
from sklearn.metrics import confusion_matrix

from stages.artifacts.report import Cell
from stages.reporting.tables import CLASSES, confusion


def test_pairs_are_counted_and_those_that_never_met_are_left_out() -> None:
    cells = confusion(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 0]), "abc")
    assert cells == [
        Cell("a", "a", 1, 0.5),
        Cell("a", "b", 1, 0.5),
        Cell("b", "b", 1, 1.0),
        Cell("c", "a", 2, 1.0),
        Cell("c", "c", 0, 0.0),
    ]


def test_a_class_that_is_never_present_is_on_the_diagonal_without_a_share() -> None:
    cells = confusion(np.array([0]), np.array([0]), ("seen", "unseen"))
    assert cells == [Cell("seen", "seen", 1, 1.0), Cell("unseen", "unseen", 0, None)]


def test_a_class_that_is_predicted_but_never_present_has_a_column() -> None:
    cells = confusion(np.array([0, 0]), np.array([1, 1]), ("here", "nowhere"))
    assert Cell("here", "nowhere", 2, 1.0) in cells
    assert Cell("here", "here", 0, 0.0) in cells


@pytest.mark.parametrize("classes", [2, 9, CLASSES])
def test_all_classes_are_those_of_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, classes, (2, 300))
    names = [f"class {number}" for number in range(classes)]
    counts, shares = np.zeros((2, classes, classes))
    for cell in confusion(labels, predicted, names):
        where = names.index(cell.actual), names.index(cell.predicted)
        counts[where], shares[where] = cell.images, cell.share or 0.0
    np.testing.assert_array_equal(counts, confusion_matrix(labels, predicted))
    np.testing.assert_allclose(shares, confusion_matrix(labels, predicted, normalize="true"))


def test_of_many_classes_the_most_confused_are_shown_and_no_image_is_lost() -> None:
    classes = 1000
    labels = np.repeat(np.arange(classes), 10)
    predicted = labels.copy()
    predicted[labels == 700] = 900  # all ten
    predicted[np.flatnonzero(labels == 5)[:4]] = 6
    predicted[np.flatnonzero(labels == 900)[:3]] = np.arange(980, 983)
    cells = confusion(labels, predicted, [f"class {number}" for number in range(classes)])
    assert Cell("class 700", "class 900", 10, 1.0) in cells
    assert Cell("class 5", "class 6", 4, 0.4) in cells
    assert len({cell.actual for cell in cells}) == CLASSES
    assert {cell.predicted for cell in cells} == {cell.actual for cell in cells}
    assert sum(cell.images for cell in cells) == 10 * CLASSES


def test_what_is_taken_for_a_class_that_is_not_shown_is_in_one_column() -> None:
    labels = np.zeros(100, np.int64)
    cells = confusion(labels, np.arange(100), [str(number) for number in range(100)])
    rest = [cell for cell in cells if cell.predicted == "70 other classes"]
    assert rest == [Cell("0", "70 other classes", 70, 0.7)]
    assert sum(cell.images for cell in cells) == 100


def test_a_perfect_model_of_many_classes_is_shown_in_part() -> None:
    labels = np.arange(40)
    cells = confusion(labels, labels, [str(number) for number in labels])
    assert cells == [Cell(str(number), str(number), 1, 1.0) for number in range(CLASSES)]


@pytest.mark.parametrize("predicted", [np.array([0]), np.array([0.0, 1.0])])
def test_predictions_of_another_shape_or_type_are_refused(predicted: np.ndarray) -> None:
    with pytest.raises(TypeCheckError):
        confusion(np.array([0, 1]), predicted, "ab")
