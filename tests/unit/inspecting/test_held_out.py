import numpy as np
import pytest

from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from stages.inspecting.held_out import Images, held_out, match

CLASSES = ("a", "b")
OWN = np.tile([0.5, 0.5], (4, 1))


def images(paths: list[str], labels: list[int] | None = None) -> Images:
    given = np.array(labels or [0] * len(paths))
    return Images(paths, given, np.arange(len(paths)) % 3, CLASSES)


def predicted(paths: list[str], labels: list[int] | None = None) -> Predictions:
    given = np.array(labels or [0] * len(paths))
    shares = np.linspace(0, 1, len(paths))
    return Predictions(CLASSES, paths, given, given, np.stack([shares, 1 - shares], 1))


def test_without_a_file_val_and_test_are_judged() -> None:
    found = held_out(OWN, images(["a", "b", "c", "d"]), None)
    assert found.known.tolist() == [False, True, True, False]
    assert found.matched == 0
    np.testing.assert_array_equal(found.probabilities, OWN)


def test_what_is_in_the_file_is_judged_by_it_whatever_the_order_and_label() -> None:
    found = held_out(OWN, images(["a", "b", "c", "d"], [1, 1, 1, 1]), predicted(["c", "x", "a"]))
    assert found.known.tolist() == [True, True, True, False]
    assert found.matched == 2
    np.testing.assert_array_equal(found.probabilities, [[1, 0], [0.5, 0.5], [0, 1], [0.5, 0.5]])


def test_images_of_one_path_are_told_by_their_label_and_else_left_out() -> None:
    known = images(["0.png", "0.png", "1.png", "1.png"], [0, 1, 0, 0])
    given = predicted(["0.png", "1.png", "0.png", "1.png"], [1, 0, 0, 0])
    assert match(known, given).tolist() == [2, 0, -1, -1]


@pytest.mark.parametrize("odd", [np.nan, -0.5, 2.0, np.inf])
def test_what_is_no_probability_is_refused(odd: float) -> None:
    given = predicted(["a", "b"])
    given.probabilities[1, 0] = odd
    with pytest.raises(UserError, match=r"inspect\.predictions: has probabilities that are not"):
        held_out(OWN, images(["a", "b", "c", "d"]), given)


@pytest.mark.parametrize("row", [[0, 0], [0.6, 0.6], [0.2, 0.79]])
def test_probabilities_have_a_sum_of_one(row: list[float]) -> None:
    given = predicted(["a", "b"])
    given.probabilities[1] = row
    with pytest.raises(UserError, match=r"inspect\.predictions: .* whose sum is not 1"):
        held_out(OWN, images(["a", "b", "c", "d"]), given)


def test_predictions_of_other_images_or_classes_are_refused() -> None:
    with pytest.raises(UserError, match=r"inspect\.predictions: has 1 images, and none of"):
        held_out(OWN, images(["a", "b", "c", "d"]), predicted(["x"]))
    other = predicted(["a"])._replace(classes=("b", "a"))
    with pytest.raises(UserError, match=r"inspect\.predictions: .* classes"):
        held_out(OWN, images(["a", "b", "c", "d"]), other)
