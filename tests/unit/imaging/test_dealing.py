"""Groups dealt to parts: against all ways of dealing, and against scikit-learn's folds."""

import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from stages.imaging.dealing import TOTAL, deal

SHARES = (0.65, 0.15, 0.2)
Images = tuple[np.ndarray, np.ndarray]  # labels and groups


def drawn(seed: int, count: int, classes: int) -> Images:
    """Return groups of 1 to 6 images; of odd seeds, each is of one class."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(count), rng.integers(1, 7, count))
    labels = rng.integers(0, classes, len(groups))
    return (rng.integers(0, classes, count)[groups] if seed % 2 else labels), groups


def scores(images: Images, shares: tuple[float, ...], ways: np.ndarray) -> list[tuple[int, float]]:
    """Return, of ways to deal, how many classes the parts lack, and how far they are off."""
    labels, groups = images
    held = np.zeros((groups.max() + 1, labels.max() + 1))
    np.add.at(held, (groups, labels), 1)
    held = held[:, held.any(0)]
    lacking, distance = np.zeros(len(ways), int), np.zeros(len(ways))
    for part, share in enumerate(shares):
        counts, wanted = (ways == part).astype(float) @ held, share * held.sum(0)
        lacking += (counts == 0).sum(1)
        distance += ((counts - wanted) ** 2 / wanted).sum(1)
        distance += TOTAL * (counts.sum(1) - wanted.sum()) ** 2 / wanted.sum()
    return list(zip(lacking.tolist(), distance.tolist(), strict=True))


def of_groups(homes: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the part of each group, which must be one."""
    pairs = np.unique(np.stack([groups, homes]), axis=1)
    assert len(np.unique(groups)) == pairs.shape[1]
    return np.asarray(pairs[1])


def test_it_is_mostly_the_best_of_all_ways_and_never_lacks_a_class_that_the_best_has() -> None:
    best = []
    for seed in range(60):
        images = drawn(seed, 3 + seed % 5, 1 + seed % 3)
        found = of_groups(deal(*images, SHARES, seed), images[1])
        ways = np.array(list(product(range(3), repeat=len(found))))
        one, every = scores(images, SHARES, found[None])[0], min(scores(images, SHARES, ways))
        assert one[0] == every[0]
        best.append(one[1] < every[1] + 1e-9)
    assert np.mean(best) > 0.75


@pytest.mark.parametrize("count", [20, 300])
def test_folds_are_as_even_as_those_of_scikit_learn(count: int) -> None:
    ours, theirs, shares = [], [], (0.2,) * 5
    for seed in range(6):
        labels, groups = drawn(seed, count, 3)
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        other = np.empty(len(labels), int)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a class that is rarer than folds
            for fold, (_, test) in enumerate(folds.split(labels, labels, groups)):
                other[test] = fold
        homes = (deal(labels, groups, shares, seed), other)
        mine, sklearns = (
            scores((labels, groups), shares, of_groups(home, groups)[None])[0] for home in homes
        )
        ours.append(mine)
        theirs.append(sklearns)
    assert np.mean(ours, axis=0)[0] <= np.mean(theirs, axis=0)[0]
    assert np.mean(ours, axis=0)[1] <= np.mean(theirs, axis=0)[1] * 1.05


@st.composite
def sets(draw: st.DrawFn) -> Images:
    labels = draw(st.lists(st.integers(0, 3), min_size=1, max_size=60))
    groups = draw(st.lists(st.integers(0, 30), min_size=len(labels), max_size=len(labels)))
    return np.array(labels), np.array(groups)


@settings(deadline=None)
@given(sets(), st.sampled_from([SHARES, (0.5, 0.5), (0.1,) * 10, (1.0,)]), st.integers(0, 9))
def test_every_image_is_in_one_part_and_no_group_in_two(
    images: Images, shares: tuple[float, ...], seed: int
) -> None:
    homes = deal(*images, shares, seed)
    assert homes.shape == images[0].shape
    assert set(homes.tolist()) <= set(range(len(shares)))
    of_groups(homes, images[1])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200), st.integers(1, 5))
def test_parts_are_off_by_less_than_two_of_the_largest_groups(seed: int, classes: int) -> None:
    labels, groups = drawn(seed, 40, classes)
    homes = deal(labels, groups, SHARES, seed)
    largest = np.bincount(groups).max()
    for part, share in enumerate(SHARES):
        assert abs((homes == part).sum() - share * len(labels)) < 2 * largest
        of_class = np.bincount(labels[homes == part], minlength=classes)
        assert (abs(of_class - share * np.bincount(labels)) < 2 * largest).all()


@pytest.mark.parametrize("classes", [2, 100])
def test_single_images_are_dealt_to_the_image(classes: int) -> None:
    labels = np.arange(1000) % classes
    homes = deal(labels, np.arange(1000), SHARES, 0)
    assert np.abs(np.bincount(homes) - [650, 150, 200]).max() <= 1
    table = np.stack([np.bincount(labels[homes == part]) for part in range(3)])
    assert np.abs(table - np.array(SHARES)[:, None] * 1000 / classes).max() <= 1


def test_the_seed_decides_and_what_was_drawn_before_does_not() -> None:
    labels, groups = drawn(3, 80, 3)
    first = deal(labels, groups, SHARES, 5)
    np.random.default_rng().random(3)
    assert np.array_equal(first, deal(labels, groups, SHARES, 5))
    assert not np.array_equal(first, deal(labels, groups, SHARES, 6))


def test_numbers_with_gaps_deal_as_those_without() -> None:
    labels, groups = drawn(3, 80, 3)
    one = deal(labels, groups, SHARES, 5)
    assert np.array_equal(one, deal(2 * labels + 1, 7 * groups + 2, SHARES, 5))
