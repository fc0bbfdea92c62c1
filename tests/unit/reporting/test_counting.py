import math
import warnings

import numpy as np
import pytest
from sklearn import metrics

from stages.reporting import counting


def drawn(classes: int, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and predictions, of which half are right, and not all classes may occur."""
    labels, predicted = np.random.default_rng(classes).integers(0, classes, (2, images))
    predicted[::2] = labels[::2]
    return labels, predicted


@pytest.mark.parametrize(("classes", "images"), [(2, 30), (10, 360), (10, 9), (300, 5000)])
def test_all_are_scikit_learns_to_the_bit(classes: int, images: int) -> None:
    labels, predicted = drawn(classes, images)
    counts = counting.count(labels, predicted, classes)
    assert counting.matthews(counts) == metrics.matthews_corrcoef(labels, predicted)
    assert counting.kappa(counts) == metrics.cohen_kappa_score(labels, predicted)
    every = range(classes)
    for undefined in (0.0, math.nan):
        *expected, actual = metrics.precision_recall_fscore_support(
            labels, predicted, labels=every, zero_division=undefined
        )
        found = counting.precision_recall_f1(counts, undefined)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs, strict=True)
        np.testing.assert_array_equal(counts.actual, actual)
    matrix = counting.confusion_matrix(labels, predicted, classes)
    expected = metrics.confusion_matrix(labels, predicted, labels=every)
    np.testing.assert_array_equal(matrix, expected, strict=True)


def test_predictions_that_never_meet_the_labels() -> None:
    labels, predicted = np.array([0, 0, 1]), np.array([2, 3, 2])
    counts = counting.count(labels, predicted, 5)
    assert counts.hits.tolist() == [0] * 5
    assert counting.matthews(counts) == metrics.matthews_corrcoef(labels, predicted) == 0
    assert counting.kappa(counts) == metrics.cohen_kappa_score(labels, predicted) == 0


def test_constant_predictions_have_no_correlation() -> None:
    labels, predicted = np.array([0, 1, 1]), np.array([1, 1, 1])
    counts = counting.count(labels, predicted, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert counting.matthews(counts) == metrics.matthews_corrcoef(labels, predicted) == 0
    assert counting.kappa(counts) == 0
