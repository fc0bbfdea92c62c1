import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_runs import CLASSES, run
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB

from stages.errors import UserError
from tools.repeating.out_of_fold import pool
from tools.repeating.scored import Scored


@given(st.integers(2, 5), st.integers(0, 99))
def test_the_predictions_are_those_of_cross_val_predict(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.arange(30) % len(CLASSES)
    features = rng.normal(labels[:, None], 1, (30, 2))
    folding = StratifiedKFold(count, shuffle=True, random_state=seed)
    paths = np.array([f"{number:02}.png" for number in range(30)])

    def fold(learn: np.ndarray, test: np.ndarray) -> Scored:
        fitted = GaussianNB().fit(features[learn], labels[learn])
        said = fitted.predict(features[test])
        return run(labels[test].tolist(), said.tolist(), paths[test].tolist(), paths[learn])

    found = pool([fold(*rows) for rows in folding.split(features, labels)])
    assert found.paths == paths.tolist()
    np.testing.assert_array_equal(found.labels, labels)
    want = cross_val_predict(GaussianNB(), features, labels, cv=folding)
    np.testing.assert_array_equal(found.predicted, want)
    np.testing.assert_array_equal(found.probabilities.argmax(1), want)


def test_an_image_in_no_fold_is_named() -> None:
    folds = [run([0], [0], ["a.png"], ["b.png", "c\n.png"]), run([1], [1], ["b.png"], ["a.png"])]
    with pytest.raises(UserError, match=r"1 image is in no fold, such as c\\n\.png; preprocess"):
        pool(folds)


def test_an_image_in_two_folds_is_named() -> None:
    folds = [run([0], [0], ["a.png"], ["b.png"]), run([0, 1], [1, 1], ["a.png", "b.png"])]
    with pytest.raises(UserError, match=r"1 image is in more than one fold, such as a\.png"):
        pool(folds)


def test_two_images_may_have_one_path() -> None:
    folds = [run([0], [0], ["a.png"], ["a.png"]), run([1], [1], ["a.png"], ["a.png"])]
    assert pool(folds).labels.tolist() == [0, 1]


def test_a_fold_may_have_left_a_duplicate_out_of_train() -> None:
    folds = [run([0], [0], ["a.png"]), run([0], [0], ["b.png"], ["a.png"])]
    assert pool(folds).paths == ["a.png", "b.png"]


def test_folds_of_other_classes_are_refused() -> None:
    one, other = run([0], [0], ["a"], ["b"]), run([0], [0], ["b"], ["a"])
    renamed = other.predictions._replace(classes=("cat", "dog", "elk"))
    with pytest.raises(UserError, match="differ in their classes"):
        pool([one, other._replace(predictions=renamed)])
