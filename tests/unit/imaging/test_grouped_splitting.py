"""Splits with groups, and folds: no group is ever in two splits."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.model_selection import StratifiedKFold

from stages.artifacts.splits import NAMES
from stages.errors import UserError
from stages.imaging.grouping import LEAKS, Groups
from stages.imaging.shares import mixed, summarise
from stages.imaging.splitting import Splitting, assign_splits

CLASSES = [f"c{label}" for label in range(10)]
LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [100, 60, 40]))
SMALLER = "another preprocess.group_pattern"
FEW = f"bring more images of other groups, take the class out, or set {SMALLER}"


def params(**changes: Any) -> Splitting:  # noqa: ANN401
    values = {"seed": 0, "splits": "published", "val_fraction": 0.15, "test_fraction": 0.2}
    return Splitting.model_validate(values | {"folds": None, "fold": 0} | changes)


def named(numbers: np.ndarray) -> Groups:
    names = [f"g{number}" for number in range(int(numbers.max(initial=0)) + 1)]
    return Groups(numbers, names, SMALLER)


def drawn(seed: int, count: int = 60, largest: int = 6) -> tuple[np.ndarray, Groups]:
    """Return labels of 3 classes, and groups of 1 to so many images."""
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.repeat(np.arange(count), rng.integers(1, largest + 1, count)))
    return rng.integers(0, 3, len(groups)), named(groups)


def complaint(
    published: dict[str, np.ndarray], chosen: Splitting, groups: Groups | None = None
) -> str:
    with pytest.raises(UserError) as caught:
        assign_splits(published, CLASSES, chosen, groups)
    return str(caught.value)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 1000),
    st.sampled_from(
        [{}, {"splits": "fresh"}, {"folds": 2}, {"folds": 5, "fold": 3}, {"seed": 3},
         {"val_fraction": 0.4, "test_fraction": 0.4}]
    ),
)  # fmt: skip
def test_no_group_is_ever_in_two_splits(seed: int, changes: dict[str, object]) -> None:
    labels, groups = drawn(seed)
    chosen = params(**changes)
    homes = assign_splits({"train": labels}, CLASSES, chosen, groups)
    assert len(homes) == len(labels)
    assert {*homes.tolist()} == {0, 1, 2}
    for group in range(60):
        assert len({*homes[groups.numbers == group].tolist()}) == 1
    for name, share in chosen.asked(["train"]).items():
        own = homes == NAMES.index(name)
        assert abs(own.mean() - share) < 2 * 6 / len(labels)
        found = np.bincount(labels[own], minlength=3) / np.bincount(labels)
        assert np.abs(found - share).max() < 0.15


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 6), st.booleans())
def test_every_image_is_in_the_test_of_exactly_one_fold(
    seed: int,
    folds: int,
    grouped: bool,  # noqa: FBT001
) -> None:
    labels, groups = drawn(seed, 40)
    times = np.zeros(len(labels), int)
    for fold in range(folds):
        chosen = params(folds=folds, fold=fold)
        homes = assign_splits({"train": labels}, CLASSES, chosen, groups if grouped else None)
        times += homes == NAMES.index("test")
        assert {*homes.tolist()} == {0, 1, 2}
    assert (times == 1).all()


@pytest.mark.parametrize("fold", range(4))
def test_folds_without_groups_are_those_of_scikit_learn(fold: int) -> None:
    expected = [*StratifiedKFold(4, shuffle=True, random_state=7).split(LABELS, LABELS)][fold][1]
    homes = assign_splits({"train": LABELS}, CLASSES, params(folds=4, fold=fold, seed=7))
    assert np.flatnonzero(homes == NAMES.index("test")).tolist() == expected.tolist()
    assert (homes == NAMES.index("val")).sum() == 30
    of_val = np.bincount(LABELS[homes == NAMES.index("val")])
    assert np.abs(of_val - [15, 9, 6]).max() <= 1


def test_fresh_folds_go_over_all_published_splits() -> None:
    parts = {"test": LABELS[:50], "train": LABELS[50:]}
    fresh = assign_splits(parts, CLASSES, params(folds=4, splits="fresh"))
    assert fresh.tolist() == assign_splits({"train": LABELS}, CLASSES, params(folds=4)).tolist()


@pytest.mark.parametrize("other", ["test", "val"])
def test_folds_beside_published_splits_are_refused(other: str) -> None:
    assert complaint({"train": LABELS, other: LABELS}, params(folds=4)) == (
        f"preprocess.folds is 4, but train, {other} are published; every image is in the test of "
        "one fold: set preprocess.splits: fresh, or folds to null; "
        "`reprise folds 4 -S preprocess.splits=fresh` does the former"
    )


def test_more_folds_than_images_of_a_class_are_refused() -> None:
    labels = np.repeat([0, 1, 2], [9, 4, 3])
    assert complaint({"train": labels}, params(folds=5)) == (
        "the images cannot be split: 5 folds need an image each of every class, and there are "
        "fewer of c1, c2; bring more, take the class out, or lower preprocess.folds"
    )


def test_what_a_fold_leaves_may_be_too_little_for_val() -> None:
    labels = np.repeat([0, 1, 2], [4, 2, 2])
    assert "cannot be split: train and val need an image each of every class" in complaint(
        {"train": labels}, params(folds=2)
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folds": 1}, "folds"),
        ({"folds": 5, "fold": 5}, "fold must be less than folds, 5, is 5"),
        ({"fold": -1}, "fold"),
        ({"folds": 2, "val_fraction": 0.5}, "val_fraction must be less than what a fold leaves"),
    ],
)
def test_folds_that_cannot_be_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        params(**changes)


def test_published_splits_that_share_groups_are_refused() -> None:
    published = {"test": LABELS[:50], "train": LABELS[50:150], "val": LABELS[150:]}
    numbers = np.arange(200)
    numbers[[60, 150]] = 3
    numbers[70] = 8
    message = complaint(published, params(), named(numbers)._replace(names=["ä\n"] * 200))
    assert message == (
        r"published splits share 2 groups: ä\n (test and train and val), ä\n (test and train); set "
        "preprocess.splits: fresh to split all images anew, or preprocess.groups: none"
    )
    assign_splits(published, CLASSES, params(splits="fresh"), named(numbers))


def test_near_duplicates_in_two_splits_may_be_left_out() -> None:
    published = {"test": LABELS[:100], "train": LABELS[100:]}
    groups = named(np.arange(200) % 100)._replace(apart=LEAKS)
    message = complaint(published, params(), groups)
    assert message.endswith("review.csv, which download.exclude takes")
    assert "or preprocess.groups: none, and leave out what shares one: inspect lists it" in message


def test_of_many_shared_groups_some_are_named() -> None:
    published = {"test": LABELS[:100], "train": LABELS[100:]}
    message = complaint(published, params(), named(np.arange(200) % 100))
    assert message.startswith("published splits share 100 groups: g0 (test and train), g1 (")
    assert "g9 (test and train), and 90 more; set" in message


def test_published_splits_without_a_common_group_stay() -> None:
    published = {"test": LABELS[:50], "train": LABELS[50:]}
    homes = assign_splits(published, CLASSES, params(), named(np.arange(200) // 2))
    assert (homes[:50] == NAMES.index("test")).all()
    assert (homes[50:] == NAMES.index("val")).sum() == 22  # of pairs; 22.5 asked
    all_three = {"test": LABELS[:50], "train": LABELS[50:100], "val": LABELS[100:]}
    homes = assign_splits(all_three, CLASSES, params(), named(np.arange(200) // 2))
    assert homes.tolist() == [2] * 50 + [0] * 50 + [1] * 100


def test_a_class_in_too_few_groups_is_named() -> None:
    labels, numbers = np.repeat([0, 1, 2], [40, 20, 20]), np.arange(80)
    numbers[40:60] = numbers[40:60] % 2
    assert complaint({"train": labels}, params(), named(numbers)) == (
        "the groups cannot be split: train, test and val need a group each of every class, and "
        f"there are fewer of c1; {FEW}"
    )
    assert complaint({"train": labels}, params(folds=4), named(numbers)) == (
        "the groups cannot be split: 4 folds need a group each of every class, and there are "
        f"fewer of c1; {FEW}"
    )


def test_one_group_of_all_is_refused() -> None:
    message = complaint({"train": LABELS}, params(), named(np.zeros(200, np.int64)))
    assert message.startswith("the groups cannot be split: train, test and val need a group each")


def test_the_only_three_groups_of_a_class_go_to_three_splits() -> None:
    labels, numbers = np.array([0, 1] * 3), np.arange(6) // 2
    homes = assign_splits({"train": labels}, CLASSES, params(), named(numbers))
    assert sorted(homes.tolist()) == [0, 0, 1, 1, 2, 2]


def test_a_split_that_lacks_a_class_all_the_same_is_named() -> None:
    # For classes 0 and 1, the third and fourth group are in one split, and for class 2 in two.
    held = [[0, 1], [0, 1], [0, 2], [1, 2], [2]]
    labels = np.concatenate([np.array(classes) for classes in held])
    numbers = np.repeat(np.arange(5), [len(classes) for classes in held])
    assert re.fullmatch(
        rf"(train|test|val) would have no image of the classes c\d; {FEW}",
        complaint({"train": labels}, params(), named(numbers)),
    )


def test_too_few_images_for_all_splits_are_refused() -> None:
    chosen = params(val_fraction=0.49, test_fraction=0.5)
    labels = np.array([0, 1, 0, 1, 0, 1])
    assert complaint({"train": labels}, chosen, named(np.arange(6) // 2)).startswith(
        "the groups cannot be split: 6 images are too few for test and val, and none is left for "
        "train; give every class more images"
    )


def test_the_shares_are_told() -> None:
    homes = np.array([0] * 6 + [1] * 2 + [2] * 2, np.int8)
    groups = named(np.array([0, 0, 0, 0, 4, 4, 1, 1, 2, 3]))
    dealt = summarise(groups, homes, {"test": 0.2, "val": 0.25})
    shares = [
        {"split": "test", "groups": 2, "found": 0.2, "asked": 0.2},
        {"split": "val", "groups": 1, "found": 0.2, "asked": 0.25},
    ]
    assert dealt.figures() == {"groups": [{"number": 5, "largest": 4, "shares": shares}]}
    assert dealt.message() == (
        "5 groups, the largest of 4 images (g0), test got 0.200 (0.200 asked), "
        "val got 0.200 (0.250 asked)"
    )


def test_groups_of_several_classes_are_told() -> None:
    groups = named(np.array([0, 0, 1, 1, 2]))
    (told,) = mixed(groups, np.array([0, 1, 2, 2, 0]))
    assert told == (
        "1 of 3 groups hold images of several classes; if that is not meant, set another "
        "preprocess.group_pattern"
    )
    assert [*mixed(groups, np.array([0, 0, 1, 1, 0]))] == []


def test_what_is_published_has_no_share() -> None:
    homes = np.array([0, 0, 0, 1, 2, 2], np.int8)
    dealt = summarise(named(np.arange(6)), homes, params().asked(["train", "test"]))
    assert [(share.split, share.found) for share in dealt.shares] == [("val", 0.25)]
    assert summarise(named(np.arange(6)), homes, {}).shares == []
