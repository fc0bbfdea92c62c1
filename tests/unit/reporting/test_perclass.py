import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from stages.artifacts.report import ClassScores
from stages.reporting.tables import by_class


def test_by_hand() -> None:
    scores = by_class(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), ("a", "b"))
    assert scores == [
        ClassScores("a", 3, 2, 1.0, 2 / 3, 0.8),
        ClassScores("b", 1, 2, 0.5, 1.0, 2 / 3),
    ]


def test_what_is_divided_by_nothing_is_undefined() -> None:
    scores = by_class(np.array([0, 0, 1]), np.array([0, 2, 0]), ("a", "never said", "absent", "-"))
    assert scores[1:] == [
        ClassScores("never said", 1, 0, None, 0.0, 0.0),
        ClassScores("absent", 0, 1, 0.0, None, 0.0),
        ClassScores("-", 0, 0, None, None, None),
    ]


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_many_images_are_those_of_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, classes, (2, 500))
    labels[:250] = predicted[:250]
    found = by_class(labels, predicted, [str(number) for number in range(classes)])
    options = {"labels": range(classes), "average": None, "zero_division": 0}
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        values = [getattr(row, name) or 0.0 for row in found]
        np.testing.assert_allclose(values, score(labels, predicted, **options))
    assert sum(row.images for row in found) == sum(row.predicted for row in found) == 500
