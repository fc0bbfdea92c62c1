"""What is said of the labels that were judged, against counts by hand."""

import numpy as np
import pytest

from stages.artifacts.predictions import Predictions
from stages.inspecting.held_out import Images, held_out
from stages.inspecting.judging import changes, sentences

IMAGES = Images(["a", "b", "c", "d"], np.array([0, 1, 0, 1]), np.array([0, 0, 1, 2]), ("x", "y"))


def predicted(paths: str, labels: list[int]) -> Predictions:
    sure = np.full((len(paths), 2), 0.5)
    return Predictions(("x", "y"), [*paths], np.array(labels), np.array(labels), sure)


def told(given: Predictions | None, images: Images = IMAGES) -> list[str]:
    return [*sentences(images, held_out(np.full((4, 2), 0.5), images, given), given)]


def test_labels_of_train_are_not_judged_without_folds() -> None:
    (line,) = told(None)
    assert line.startswith("2 of 4 labels, of train, are not judged: the classifier learnt them.")
    assert (
        "`reprise folds 5` (`-S preprocess.splits=fresh` where a split is published), and" in line
    )
    assert "then inspect.predictions set to its file, judges them, too (docs/inspecting.md)" in line


def test_who_split_anew_need_not_be_told_of_published_splits() -> None:
    (line,) = told(None, IMAGES._replace(fresh=True))
    assert "`reprise folds 5`, and then inspect.predictions" in line


def test_a_file_of_some_images_says_so() -> None:
    (line,) = told(predicted("acd", [0, 0, 1]))
    assert line.startswith("1 of 4 labels, of train, are not judged: inspect.predictions does not")


def test_predictions_of_these_images_need_no_word() -> None:
    assert told(predicted("dcba", [1, 0, 1, 0])) == []


def test_predictions_from_before_a_cleaning_are_called_that() -> None:
    (line,) = told(predicted("abcdef", [1, 1, 0, 0, 0, 0]))
    assert "were made before 2 labels changed and 2 images were left out" in line
    assert "run `reprise folds` again" in line


@pytest.mark.parametrize(
    ("paths", "labels", "found"),
    [
        ("aa", [0, 1], (0, 0)),
        ("aa", [1, 1], (1, 0)),
        ("aaa", [1, 1, 0], (0, 1)),
        ("a", [1], (0, 0)),
        ("aab", [0, 0, 0], (1, 1)),
    ],
)
def test_images_of_one_path_are_counted(
    paths: str, labels: list[int], found: tuple[int, int]
) -> None:
    twins = Images(["a", "a"], np.array([0, 1]), np.array([0, 2]), ("x", "y"))
    assert changes(twins, predicted(paths, labels)) == found
