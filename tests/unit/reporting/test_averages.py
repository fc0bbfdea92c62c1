import warnings

import numpy as np
import pytest
from jaxtyping import TypeCheckError
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
)

from stages.reporting.metrics import averages


def test_two_classes_by_hand() -> None:
    # Class 0: precision 2/3, recall 2/3, of 3 images. Class 1: both 1/2, of 2 images.
    # Kappa: (3/5 - p) / (1 - p), p = 3/5 3/5 + 2/5 2/5 = 13/25.
    scores = averages(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0]))
    assert scores == pytest.approx(
        {
            **dict.fromkeys(("macro_precision", "macro_recall", "macro_f1"), 7 / 12),
            **dict.fromkeys(("weighted_precision", "weighted_recall", "weighted_f1"), 3 / 5),
            "balanced_accuracy": 7 / 12,
            "matthews": 1 / 6,
            "kappa": 1 / 6,
        }
    )


def test_a_class_weighs_the_same_however_many_images_it_has() -> None:
    # Class 0: precision 9/10, recall 1. Class 1: precision 0, recall 0.
    scores = averages(np.array([0] * 9 + [1]), np.array([0] * 10))
    macro = {name: scores[name] for name in ("macro_precision", "macro_recall", "macro_f1")}
    assert macro == pytest.approx(
        {"macro_precision": 0.45, "macro_recall": 0.5, "macro_f1": 9 / 19}
    )
    assert scores["weighted_recall"] == 0.9
    assert (scores["matthews"], scores["kappa"]) == (0.0, 0.0)


def test_only_classes_with_images_are_averaged() -> None:
    # Class 2 has no image, but one is taken for it: the recall of class 0 is 1/2, that of 1 is 1.
    scores = averages(np.array([0, 0, 1]), np.array([0, 2, 1]))
    assert scores["macro_precision"] == 1.0
    assert scores["macro_recall"] == 0.75
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)


def test_a_perfect_prediction_scores_1() -> None:
    labels = np.array([2, 0, 1])
    assert set(averages(labels, labels).values()) == {1.0}


@pytest.mark.parametrize("predicted", [[1], [0]])
def test_of_one_class_agreement_beyond_chance_is_undefined(predicted: list[int]) -> None:
    scores = averages(np.array([1]), np.array(predicted))
    assert (scores["matthews"], scores["kappa"]) == (None, None)
    assert scores["macro_recall"] == float(predicted == [1])


@pytest.mark.parametrize("classes", [2, 7, 1000])
def test_many_images_are_those_of_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, classes, (2, 400))
    labels[:200] = predicted[:200]
    present = np.unique(labels)
    expected: dict[str, float] = {}
    for kind in ("macro", "weighted"):
        for name, score in (
            ("precision", precision_score),
            ("recall", recall_score),
            ("f1", f1_score),
        ):
            expected[f"{kind}_{name}"] = score(
                labels, predicted, labels=present, average=kind, zero_division=0
            )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of classes without images
        expected["balanced_accuracy"] = balanced_accuracy_score(labels, predicted)
    expected["matthews"] = matthews_corrcoef(labels, predicted)
    expected["kappa"] = cohen_kappa_score(labels, predicted)
    assert averages(labels, predicted) == pytest.approx(expected)
    assert expected["weighted_recall"] == pytest.approx(accuracy_score(labels, predicted))


def test_scores_are_plain_numbers_that_json_takes() -> None:
    assert {type(value) for value in averages(np.array([0, 1]), np.array([0, 0])).values()} == {
        float
    }


@pytest.mark.parametrize("predicted", [np.array([0]), np.array([0.0, 1.0]), np.array([[0, 1]])])
def test_predictions_of_another_shape_or_type_are_refused(predicted: np.ndarray) -> None:
    with pytest.raises(TypeCheckError):
        averages(np.array([0, 1]), predicted)
