import json

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
    top_k_accuracy_score,
)

from stages.errors import UserError
from stages.reporting.metrics import MeanScores, summarize

RNG = np.random.default_rng(0)


def scored(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> MeanScores:
    scores = summarize(softmax(logits / temperature, axis=1), logits, labels, temperature)
    assert "NaN" not in json.dumps(scores)
    return scores


def wilson(right: int, images: int) -> tuple[float, float]:
    """Return the 95 % interval as Wilson 1927 writes it."""
    z, share = 1.959963984540054, right / images
    middle = share + z**2 / (2 * images)
    half = z * np.sqrt(share * (1 - share) / images + z**2 / (4 * images**2))
    return (middle - half) / (1 + z**2 / images), (middle + half) / (1 + z**2 / images)


def only(scores: MeanScores, names: dict[str, float]) -> MeanScores:
    return {name: scores[name] for name in names}


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_scores_are_those_of_scikit_learn(classes: int) -> None:
    labels = np.arange(300) % classes
    logits = RNG.normal(size=(300, classes)) + np.eye(classes)[labels]
    probabilities = softmax(logits / 2, axis=1)
    predicted = probabilities.argmax(1)
    columns = [(labels == number, probabilities[:, number]) for number in range(classes)]
    expected = {
        "loss": log_loss(labels, probabilities),
        "loss_uncalibrated": log_loss(labels, softmax(logits, axis=1)),
        "accuracy": accuracy_score(labels, predicted),
        "macro_roc_auc": np.mean([roc_auc_score(*column) for column in columns]),
        "macro_average_precision": np.mean([average_precision_score(*part) for part in columns]),
        "brier": brier_score_loss(labels, probabilities, scale_by_half=False),
        "brier_uncalibrated": brier_score_loss(
            labels, softmax(logits, axis=1), scale_by_half=False
        ),
        "temperature": 2.0,
    }
    scores = scored(logits, labels, 2.0)
    assert only(scores, expected) == pytest.approx(expected)
    interval = scores["ci_low"], scores["ci_high"]
    assert interval == pytest.approx(wilson(int((labels == predicted).sum()), 300))
    if classes > 5:
        top = top_k_accuracy_score(labels, probabilities, k=5)
        assert scores["top_5_accuracy"] == pytest.approx(top)


def test_before_calibration_is_at_temperature_1() -> None:
    logits, labels = RNG.normal(0, 5, (200, 3)), RNG.integers(0, 3, 200)
    hot, cold = scored(logits, labels, 4.0), scored(logits, labels)
    for name in ("loss", "brier", "ece"):
        assert hot[f"{name}_uncalibrated"] == cold[name] == cold[f"{name}_uncalibrated"]
    assert hot["ece"] != cold["ece"]
    assert hot["accuracy"] == cold["accuracy"]


@pytest.mark.parametrize(("classes", "present"), [(5, False), (6, True), (1000, True)])
def test_top_5_is_left_out_where_it_is_always_1(classes: int, *, present: bool) -> None:
    scores = scored(RNG.normal(size=(20, classes)), RNG.integers(0, classes, 20))
    assert ("top_5_accuracy" in scores) is present


@pytest.mark.parametrize(("label", "top"), [(0, 1.0), (4, 1.0), (5, 0.0), (6, 0.0)])
def test_of_equal_probabilities_the_first_classes_rank_first(label: int, top: float) -> None:
    scores = scored(np.zeros((1, 7)), np.array([label]))
    assert scores["top_5_accuracy"] == top
    assert scores["accuracy"] == float(label == 0)


def test_a_perfect_model() -> None:
    scores = scored(np.eye(10) * 1000, np.arange(10))
    ones = [name for name, score in scores.items() if score == 1.0]
    assert {"accuracy", "macro_f1", "matthews", "kappa", "macro_roc_auc"} <= set(ones)
    assert {"macro_average_precision", "top_5_accuracy", "weighted_precision"} <= set(ones)
    assert scores["loss"] == scores["brier"] == scores["ece"] == 0.0
    assert scores["ci_low"] == pytest.approx(wilson(10, 10)[0])
    assert scores["ci_high"] == pytest.approx(1.0)


def test_a_model_that_always_says_the_same() -> None:
    scores = scored(np.tile([2.0, 1.0, 0.0], (9, 1)), np.arange(9) % 3)
    expected = {
        "accuracy": 1 / 3,
        "macro_precision": 1 / 9,
        "macro_recall": 1 / 3,
        "macro_roc_auc": 0.5,
        "macro_average_precision": 1 / 3,
        "matthews": 0.0,
        "kappa": 0.0,
    }
    assert only(scores, expected) == pytest.approx(expected)


@pytest.mark.parametrize("label", [0, 1])
def test_one_image_has_scores_but_nothing_to_compare_with(label: int) -> None:
    scores = scored(np.array([[3.0, 1.0, 0.0]]), np.array([label]))
    undefined = [name for name, score in scores.items() if score is None]
    assert undefined == ["matthews", "kappa", "macro_roc_auc", "macro_average_precision"]
    assert scores["accuracy"] == float(label == 0)


def test_a_class_without_images_is_in_no_average() -> None:
    labels = np.array([0, 0, 2, 2])
    scores = scored(np.eye(3)[labels], labels)
    assert scores["macro_recall"] == scores["macro_f1"] == scores["macro_roc_auc"] == 1.0


def test_scores_are_plain_numbers() -> None:
    found = scored(RNG.normal(size=(9, 7)), np.arange(9) % 7)
    assert {type(score) for score in found.values()} == {float}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_not_finite_are_refused(bad: float) -> None:
    logits = np.zeros((4, 2), np.float32)
    logits[1, 0] = bad
    with pytest.raises(UserError, match=r"1 of 4 images .* lower train\.lr"):
        summarize(np.full((4, 2), 0.5), logits, np.zeros(4, np.int64), 1.0)
