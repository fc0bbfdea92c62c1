import numpy as np
import pytest
from contents import CONTENT, EMPTY
from sklearn.metrics import confusion_matrix

from stages.reporting.page.content import ClassRow, Content
from stages.reporting.page.figures import LARGEST, PAIRS, ConfusedPair, Field, confused, matrix


def content(labels: np.ndarray, predictions: np.ndarray, classes: int) -> Content:
    names = [f"class {number}" for number in range(classes)]
    counts = confusion_matrix(labels, predictions, labels=range(classes))
    cells = [(i, j, int(counts[i, j])) for i, j in np.argwhere(counts).tolist()]
    rows = [ClassRow(name, [], None, None, None) for name in names]
    return EMPTY._replace(classes=rows, confusion=cells)


def test_two_classes_by_hand() -> None:
    assert matrix(CONTENT) == [[Field(5, 1.0), Field(0, 0.0)], [Field(1, 0.2), Field(4, 0.8)]]
    assert confused(CONTENT) == [ConfusedPair("bee", "ant", 1, 0.2)]


def test_many_classes_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 9, 300), rng.integers(0, 9, 300)
    found = matrix(content(labels, predictions, 9))
    counts = confusion_matrix(labels, predictions)
    assert [[field.images for field in row] for row in found] == counts.tolist()
    shares = [[field.share for field in row] for row in found]
    np.testing.assert_allclose(shares, confusion_matrix(labels, predictions, normalize="true"))


def test_a_class_without_images_has_an_empty_row() -> None:
    found = matrix(content(np.array([0, 0]), np.array([0, 2]), 3))
    assert found[1] == [Field(0, 0.0)] * 3


@pytest.mark.parametrize(("classes", "rows"), [(LARGEST, LARGEST), (LARGEST + 1, 0)])
def test_a_matrix_that_nobody_could_read_is_left_out(classes: int, rows: int) -> None:
    labels = np.arange(classes)
    assert len(matrix(content(labels, labels, classes))) == rows


def test_pairs_come_with_the_most_frequent_first_then_with_the_largest_share() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2])
    predictions = np.array([1, 1, 0, 2, 0, 1, 0, 0, 2])
    found = [
        (pair.actual[-1], pair.predicted[-1], pair.images)
        for pair in confused(content(labels, predictions, 3))
    ]
    assert found == [("2", "0", 2), ("0", "1", 2), ("1", "0", 1), ("0", "2", 1)]


def test_pairs_are_few_and_a_perfect_model_has_none() -> None:
    labels = np.arange(1000)
    assert len(confused(content(labels, (labels + 1) % 1000, 1000))) == PAIRS
    assert confused(content(labels, labels, 1000)) == []
