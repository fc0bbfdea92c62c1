import numpy as np
import pytest
from jaxtyping import TypeCheckError
from pydantic import ValidationError

from stages.errors import UserError
from stages.imaging.partition import Partition, partition

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [100, 60, 40]))


def params(seed: int = 0, val: float = 0.1, test: float = 0.2) -> Partition:
    return Partition(seed=seed, val_fraction=val, test_fraction=test)


def test_every_image_is_in_exactly_one_split() -> None:
    parts = partition(LABELS, params())
    assert list(parts) == ["train", "val", "test"]
    assert sorted(np.concatenate(list(parts.values()))) == list(range(200))


def test_indices_ascend() -> None:
    assert all((np.diff(part) > 0).all() for part in partition(LABELS, params()).values())


def test_each_split_gets_its_share_of_every_class() -> None:
    counts = {
        name: np.bincount(LABELS[part]).tolist()
        for name, part in partition(LABELS, params()).items()
    }
    assert counts == {"train": [70, 42, 28], "val": [10, 6, 4], "test": [20, 12, 8]}


@pytest.mark.parametrize(("val", "test"), [(0.15, 0.2), (0.33, 0.33), (0.05, 0.9), (0.6, 0.1)])
def test_the_share_of_a_class_is_off_by_two_images_at_most(val: float, test: float) -> None:
    parts = partition(LABELS, params(val=val, test=test))
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
    parts = partition(np.arange(count) % 2, params(val=val, test=test))
    assert tuple(len(part) for part in parts.values()) == counts


def test_the_same_seed_gives_the_same_split() -> None:
    first, again = partition(LABELS, params(seed=5)), partition(LABELS, params(seed=5))
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_another_seed_gives_another_split() -> None:
    first, other = partition(LABELS, params(seed=5)), partition(LABELS, params(seed=6))
    assert not any(np.array_equal(first[name], other[name]) for name in first)


def test_what_was_drawn_before_does_not_matter() -> None:
    first = partition(LABELS, params())
    np.random.default_rng().random(3)
    np.random.seed(7)  # noqa: NPY002 - scikit-learn's default generator
    again = partition(LABELS, params())
    assert all(np.array_equal(first[name], again[name]) for name in first)


@pytest.mark.parametrize("few", [0, 1, 2])
def test_too_few_images_of_a_class_are_refused(few: int) -> None:
    labels = np.repeat([0, 1, 2], [40, 40, few]) if few else np.array([0])
    with pytest.raises(UserError) as caught:
        partition(labels, params())
    assert str(caught.value).endswith(
        "; give every class more images, "
        "or mend preprocess.val_fraction and preprocess.test_fraction"
    )


def test_the_split_that_would_lack_a_class_is_named() -> None:
    with pytest.raises(UserError, match=r"^val would have no image of the classes \[1\]; give"):
        partition(np.repeat([0, 1], [20, 2]), params(val=0.15))


@pytest.mark.parametrize("seed", range(5))
def test_four_images_of_a_class_reach_every_split(seed: int) -> None:
    labels = np.repeat([0, 1], [20, 4])
    for part in partition(labels, params(seed, val=0.15)).values():
        assert set(labels[part].tolist()) == {0, 1}


def test_more_classes_than_a_split_has_images_are_refused() -> None:
    with pytest.raises(UserError, match="cannot be split"):
        partition(np.repeat(np.arange(10), 3), params())


@pytest.mark.parametrize(
    ("val", "test"), [(0.0, 0.2), (0.2, 0.0), (1.0, 0.2), (0.2, 1.0), (0.5, 0.5), (-0.1, 0.2)]
)
def test_fractions_that_leave_a_split_empty_are_refused(val: float, test: float) -> None:
    with pytest.raises(ValidationError):
        params(val=val, test=test)


def test_labels_that_are_no_integers_are_refused() -> None:
    with pytest.raises(TypeCheckError):
        partition(LABELS / 2, params())
