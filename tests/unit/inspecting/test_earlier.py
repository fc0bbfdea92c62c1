"""What was decided before is found again, and never given to another image."""

import numpy as np
import pytest

from stages.artifacts.decided import DecidedImage, DecidedImages
from stages.inspecting.earlier import earlier
from stages.inspecting.held_out import Images

SAME = Images(["1", "1", "2", "1"], np.array([0, 0, 1, 1]), np.array([0, 2, 1, 2]), ("a", "b"))


def decided(*images: tuple[str, str, str, str], test: bool = True) -> DecidedImages:
    splits = ("train", "test") if test else ("train",)
    return DecidedImages(splits=splits, images=tuple(DecidedImage(*one) for one in images))


@pytest.mark.parametrize(
    ("one", "row"),
    [
        (("train", "1", "a", "keep"), 0),
        (("test", "1", "a", "keep"), 1),
        (("test", "1", "b", "b"), 3),
        (("train", "2", "b", "keep"), 2),  # val is cut off train
    ],
)
def test_an_image_is_told_by_published_split_path_and_label(
    one: tuple[str, str, str, str], row: int
) -> None:
    assert earlier(SAME, decided(one)) == {row: one[3]}


@pytest.mark.parametrize(
    "one", [("train", "3", "a", "keep"), ("train", "1", "b", "keep"), ("test", "2", "b", "keep")]
)
def test_another_image_has_no_decision(one: tuple[str, str, str, str]) -> None:
    assert earlier(SAME, decided(one)) == {}


def test_where_splits_do_not_tell_path_and_label_must() -> None:
    fresh = SAME._replace(fresh=True)
    ones = [("train", "1", "a", "keep"), ("test", "1", "b", "b"), ("train", "2", "b", "keep")]
    assert earlier(fresh, decided(*ones)) == {3: "b", 2: "keep"}
    assert earlier(fresh, decided(ones[1], ("train", "1", "b", "keep"))) == {}


def test_of_one_published_split_all_are_cut() -> None:
    assert earlier(SAME, decided(("train", "1", "b", "b"), test=False)) == {3: "b"}
    assert earlier(SAME, decided(("train", "1", "a", "keep"), test=False)) == {}
