from typing import Literal

import numpy as np
import pytest
from jaxtyping import TypeCheckError
from pydantic import ValidationError
from sklearn.model_selection import train_test_split

from stages.artifacts.splits import NAMES
from stages.errors import UserError
from stages.imaging.splitting import Splitting, assign_splits
from stages.imaging.stock import check_splits

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [100, 60, 40]))
CLASSES = [f"c{label}" for label in range(10)]


def params(
    seed: int = 0,
    val: float = 0.1,
    test: float = 0.2,
    splits: Literal["published", "fresh"] = "published",
) -> Splitting:
    return Splitting(
        seed=seed, splits=splits, val_fraction=val, test_fraction=test, folds=None, fold=0
    )


def dealt(published: dict[str, np.ndarray], chosen: Splitting) -> dict[str, np.ndarray]:
    """Return the numbers of the images of each split."""
    homes = assign_splits(published, CLASSES, chosen)
    return {name: np.flatnonzero(homes == home) for home, name in enumerate(NAMES)}


def deal(labels: np.ndarray, chosen: Splitting) -> dict[str, np.ndarray]:
    """Deal images that are published in one split."""
    return dealt({"train": labels}, chosen)


def test_every_image_is_in_exactly_one_split() -> None:
    homes = assign_splits({"train": LABELS}, CLASSES, params())
    assert len(homes) == 200
    assert set(homes.tolist()) == {0, 1, 2}


def test_each_split_gets_its_share_of_every_class() -> None:
    counts = {
        name: np.bincount(LABELS[part]).tolist() for name, part in deal(LABELS, params()).items()
    }
    assert counts == {"train": [70, 42, 28], "val": [10, 6, 4], "test": [20, 12, 8]}


@pytest.mark.parametrize(("val", "test"), [(0.15, 0.2), (0.33, 0.33), (0.05, 0.9), (0.6, 0.1)])
def test_the_share_of_a_class_is_off_by_two_images_at_most(val: float, test: float) -> None:
    parts = deal(LABELS, params(val=val, test=test))
    shares = {"train": 1 - val - test, "val": val, "test": test}
    for name, share in shares.items():
        error = np.bincount(LABELS[parts[name]]) - share * np.array([100, 60, 40])
        assert np.abs(error).max() <= 2


@pytest.mark.parametrize(
    ("count", "val", "test", "counts"),
    [
        (100, 0.07, 0.14, (79, 7, 14)),
        (40, 0.2, 0.3, (20, 8, 12)),
        (100, 0.1, 0.7, (20, 10, 70)),
        (41, 0.2, 0.3, (19, 9, 13)),
    ],
)
def test_a_share_is_rounded_up_to_whole_images(
    count: int, val: float, test: float, counts: tuple[int, ...]
) -> None:
    parts = deal(np.arange(count) % 2, params(val=val, test=test))
    assert tuple(len(part) for part in parts.values()) == counts


def test_the_same_seed_gives_the_same_split() -> None:
    first, again = deal(LABELS, params(seed=5)), deal(LABELS, params(seed=5))
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_another_seed_gives_another_split() -> None:
    first, other = deal(LABELS, params(seed=5)), deal(LABELS, params(seed=6))
    assert not any(np.array_equal(first[name], other[name]) for name in first)


def test_what_was_drawn_before_does_not_matter() -> None:
    first = deal(LABELS, params())
    np.random.default_rng().random(3)
    np.random.seed(7)  # noqa: NPY002 - scikit-learn's default generator
    again = deal(LABELS, params())
    assert all(np.array_equal(first[name], again[name]) for name in first)


@pytest.mark.parametrize("few", [1, 2])
def test_too_few_images_of_a_class_are_refused(few: int) -> None:
    with pytest.raises(UserError) as caught:
        deal(np.repeat([0, 1, 2], [40, 40, few]), params())
    assert str(caught.value).endswith("one alone of c2; bring more, or take the class out")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "there are 0 images of the classes none; bring images of two classes at least"),
        ([1], "there are 1 images of the classes c1; bring images of two classes at least"),
        ([2] * 9, "there are 9 images of the classes c2; bring images of two classes at least"),
    ],
)
@pytest.mark.parametrize("published", [["train"], ["test", "train"], ["test", "train", "val"]])
def test_fewer_than_two_classes_are_refused(
    labels: list[int], message: str, published: list[str]
) -> None:
    parts = np.array_split(np.array(labels, np.int64), len(published))
    with pytest.raises(UserError) as caught:
        assign_splits(dict(zip(published, parts, strict=True)), CLASSES, params())
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("few", "val", "test", "lacking"),
    [(2, 0.05, 0.2, "test"), (3, 0.05, 0.2, "val"), (4, 0.4, 0.5, "train")],
)
def test_the_split_that_would_lack_a_class_is_named(
    few: int, val: float, test: float, lacking: str
) -> None:
    with pytest.raises(UserError, match=f"^{lacking} would have no image of the classes c1; give"):
        deal(np.repeat([0, 1], [40, few]), params(val=val, test=test))


@pytest.mark.parametrize("seed", range(5))
def test_four_images_of_a_class_reach_every_split(seed: int) -> None:
    labels = np.repeat([0, 1], [20, 4])
    for part in deal(labels, params(seed, val=0.15)).values():
        assert set(labels[part].tolist()) == {0, 1}


def test_more_classes_than_a_split_has_images_are_refused() -> None:
    with pytest.raises(UserError, match="cannot be split"):
        deal(np.repeat(np.arange(10), 3), params())


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([20, 1, 1], r"train and test need an image each .* one alone of c1, c2; bring more"),
        ([9, 2, 2, 2, 2], r"4 for test and 13 for train are too few for the 5 classes c0, c1, c2"),
    ],
)
def test_the_classes_that_cannot_be_split_are_named(counts: list[int], message: str) -> None:
    with pytest.raises(UserError, match=f"^the images cannot be split: {message}"):
        deal(np.repeat(np.arange(len(counts)), counts), params(test=0.2))


@pytest.mark.parametrize(
    ("val", "test"), [(0.0, 0.2), (0.2, 0.0), (1.0, 0.2), (0.2, 1.0), (0.5, 0.5), (-0.1, 0.2)]
)
def test_fractions_that_leave_a_split_empty_are_refused(val: float, test: float) -> None:
    with pytest.raises(ValidationError):
        params(val=val, test=test)


def test_labels_that_are_no_integers_are_refused() -> None:
    with pytest.raises(TypeCheckError):
        deal(LABELS / 2, params())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("val", "test"), [(0.1, 0.2), (0.07, 0.14), (0.33, 0.33)])
def test_unsplit_images_are_dealt_by_scikit_learn_first_test_then_val(
    seed: int, val: float, test: float
) -> None:
    # 200 images: the shares are whole.
    sizes = {name: round(share * 200) for name, share in (("test", test), ("val", val))}
    rest, first = train_test_split(
        np.arange(200), test_size=sizes["test"], stratify=LABELS, random_state=seed
    )
    train, second = train_test_split(
        rest, test_size=sizes["val"], stratify=LABELS[rest], random_state=seed
    )
    parts = deal(LABELS, params(seed, val, test))
    for name, expected in (("train", train), ("val", second), ("test", first)):
        assert parts[name].tolist() == sorted(expected.tolist())


# As raw.read gives them: splits in the order of their names.
TEST, TRAIN, VAL = (np.arange(count) % 2 for count in (30, 100, 20))


@pytest.mark.parametrize(
    ("published", "counts"),
    [
        ({"train": TRAIN}, (70, 10, 20)),
        ({"test": TEST, "train": TRAIN}, (90, 10, 30)),
        ({"train": TRAIN, "val": VAL}, (80, 20, 20)),
        ({"test": TEST, "train": TRAIN, "val": VAL}, (100, 20, 30)),
    ],
    ids=["train", "train and test", "train and val", "all"],
)
def test_published_splits_stay_and_what_lacks_is_cut_off_train(
    published: dict[str, np.ndarray], counts: tuple[int, ...]
) -> None:
    parts = dealt(published, params())
    assert tuple(len(rows) for rows in parts.values()) == counts
    assert sorted(np.concatenate(list(parts.values()))) == list(range(sum(counts)))
    start = 0
    for name, labels in published.items():
        numbers = np.arange(start, start + len(labels))
        if name == "train":
            assert set(parts["train"].tolist()) <= set(numbers.tolist())
        else:
            assert parts[name].tolist() == numbers.tolist()
        start += len(labels)


@pytest.mark.parametrize(
    "published",
    [{"test": TEST}, {"val": VAL}, {"test": TEST, "val": VAL}],
    ids=["test", "val", "test and val"],
)
def test_without_train_there_is_nothing_to_cut_off(published: dict[str, np.ndarray]) -> None:
    with pytest.raises(UserError) as caught:
        assign_splits(published, CLASSES, params())
    assert str(caught.value) == (
        f"only {', '.join(published)} is published, no train; "
        "set preprocess.splits: fresh to split all images anew"
    )


@pytest.mark.parametrize(
    "published", [{"test": TEST}, {"test": TEST, "train": TRAIN, "val": VAL}], ids=["test", "all"]
)
def test_fresh_deals_all_images_anew_as_if_they_were_one_split(
    published: dict[str, np.ndarray],
) -> None:
    fresh = dealt(published, params(splits="fresh"))
    one = deal(np.concatenate(list(published.values())), params())
    assert {name: rows.tolist() for name, rows in fresh.items()} == {
        name: rows.tolist() for name, rows in one.items()
    }


@pytest.mark.parametrize("other", ["test", "val"])
def test_a_class_of_another_split_that_train_lacks_is_named(other: str) -> None:
    with pytest.raises(UserError, match=r"^train would have no image of the classes c2, c5; "):
        assign_splits({other: np.array([0, 1, 2, 5]), "train": TRAIN}, CLASSES, params())


def test_a_published_split_may_lack_a_class() -> None:
    parts = dealt({"test": np.zeros(3, np.int64), "train": TRAIN}, params())
    assert parts["test"].tolist() == [0, 1, 2]


def test_splits_out_of_which_little_was_left_are_whole() -> None:
    both = np.array([0, 1])
    check_splits({"train": both, "val": both[:1], "test": both[1:]}, CLASSES)


@pytest.mark.parametrize("empty", ["train", "val", "test"])
def test_a_split_of_which_nothing_is_left_is_named(empty: str) -> None:
    rows = dict.fromkeys(("train", "val", "test"), np.array([0, 1]))
    with pytest.raises(UserError, match=f"^no image of {empty} is left; give every class more"):
        check_splits(rows | {empty: np.array([], np.int64)}, CLASSES)


def test_a_class_of_which_train_has_nothing_left_is_named() -> None:
    both = np.array([3, 4])
    with pytest.raises(UserError, match=r"^train would have no image of the classes c4; give"):
        check_splits({"train": both[:1], "val": both, "test": both}, CLASSES)
