import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.inspecting.label_errors import doubt


def judged(
    count: int, classes: int, wrong: int, seed: int, sure: float = 3
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, some of them wrong, and probabilities that mostly know better."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, count)
    logits = rng.normal(size=(count, classes)) + sure * np.eye(classes)[true]
    odds = np.exp(logits)
    labels = true.copy()
    labels[:wrong] = (labels[:wrong] + 1) % classes
    return labels, odds / odds.sum(1, keepdims=True)


@settings(deadline=None, max_examples=30)
@given(st.integers(20, 200), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_they_are_those_of_cleanlab(count: int, classes: int, seed: int) -> None:
    labels, probabilities = judged(count, classes, count // 10, seed)
    if len(np.unique(labels)) < 2:
        return
    found = doubt(labels, probabilities)
    theirs = find_label_issues(
        labels, probabilities.round(6), filter_by="low_self_confidence", n_jobs=1,
        return_indices_ranked_by="self_confidence",
    )  # fmt: skip
    kept = [row for row in theirs if probabilities[row].argmax() != labels[row]]
    assert sorted(found.rows.tolist()) == sorted(kept)
    assert (np.diff(found.scores) <= 0).all()
    assert (found.suggestions != labels[found.rows]).all()


def test_swapped_labels_come_first_with_the_right_class() -> None:
    labels, probabilities = judged(400, 4, 10, 0, 8)
    found = doubt(labels, probabilities)
    assert len({*found.rows.tolist()} & {*range(10)}) >= 8
    right = found.rows < 10
    np.testing.assert_array_equal(found.suggestions[right], (labels[found.rows[right]] - 1) % 4)


def test_equal_probabilities_come_in_the_order_of_the_images() -> None:
    labels = np.arange(40) % 2
    probabilities = np.eye(2)[labels]
    probabilities[:10] = probabilities[:10, ::-1]
    probabilities[10:] = probabilities[10:] * 0.2 + 0.4
    assert doubt(labels, probabilities).rows.tolist() == [*range(10)]


@pytest.mark.parametrize("labels", [[], [1], [1, 1, 1], [0, 0], [0, 3], [2, 2, 0, 0]])
def test_classes_may_be_missing(labels: list[int]) -> None:
    probabilities = np.full((len(labels), 5), 0.2)
    found = doubt(np.array(labels, np.int64), probabilities)
    assert len(found.rows) == len(found.scores) == len(found.suggestions)
