import numpy as np
import pytest
from jaxtyping import TypeCheckError
from sklearn.metrics import f1_score, precision_score, recall_score

from stages.reporting.averages import macro


def test_two_classes_by_hand() -> None:
    # Class 0: precision 2/3, recall 2/3. Class 1: precision 1/2, recall 1/2.
    scores = macro(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0]))
    assert scores == pytest.approx(
        {"macro_precision": 7 / 12, "macro_recall": 7 / 12, "macro_f1": 7 / 12}
    )


def test_a_class_weighs_the_same_however_many_images_it_has() -> None:
    # Class 0: precision 9/10, recall 1. Class 1: precision 0, recall 0.
    scores = macro(np.array([0] * 9 + [1]), np.array([0] * 10))
    assert scores == pytest.approx(
        {"macro_precision": 0.45, "macro_recall": 0.5, "macro_f1": 9 / 19}
    )


def test_a_perfect_prediction_scores_1() -> None:
    labels = np.array([2, 0, 1])
    assert set(macro(labels, labels).values()) == {1.0}


def test_many_classes_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 7, 200), rng.integers(0, 7, 200)
    assert macro(labels, predictions) == pytest.approx(
        {
            "macro_precision": precision_score(labels, predictions, average="macro"),
            "macro_recall": recall_score(labels, predictions, average="macro"),
            "macro_f1": f1_score(labels, predictions, average="macro"),
        }
    )


def test_scores_are_plain_numbers_that_json_takes() -> None:
    assert {type(value) for value in macro(np.array([0]), np.array([0])).values()} == {float}


@pytest.mark.parametrize("predictions", [np.array([0]), np.array([0.0, 1.0]), np.array([[0, 1]])])
def test_predictions_of_another_shape_or_type_are_refused(predictions: np.ndarray) -> None:
    with pytest.raises(TypeCheckError):
        macro(np.array([0, 1]), predictions)
