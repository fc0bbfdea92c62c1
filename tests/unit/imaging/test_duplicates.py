from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest

from stages.imaging import duplicates
from stages.imaging.duplicates import DuplicateReport, HashedImages, find_duplicates

NAMES = ("train", "val", "test")


def found(images: dict[str, str], labels: dict[str, str] | None = None) -> DuplicateReport:
    """Compare images, a letter each, with labels, a digit each (0 if not given), by split."""
    digests = {
        name: np.array([[ord(letter), 7] for letter in images.get(name, "")], np.uint64)
        for name in NAMES
    }
    numbers = {
        name: np.array([int(digit) for digit in labels.get(name, "")], np.int64)
        if labels
        else np.zeros(len(digests[name]), np.int64)
        for name in NAMES
    }
    return compared({name: rows.reshape(-1, 2) for name, rows in digests.items()}, numbers)


def compared(digests: dict[str, np.ndarray], labels: dict[str, np.ndarray]) -> DuplicateReport:
    """Compare images by split; the row of one is its number, less 100 for each split before."""
    counts = [len(digests[name]) for name in NAMES]
    numbers = np.concatenate([100 * home + np.arange(count) for home, count in enumerate(counts)])
    homes = np.repeat(np.arange(3, dtype=np.int8), counts)
    # As published, in any order of the splits.
    order = np.random.default_rng(0).permutation(len(numbers))
    labels_, digests_ = (np.concatenate(list(part.values()))[order] for part in (labels, digests))
    paths = [f"{number % 100}" for number in numbers[order]]
    images = HashedImages(numbers[order], paths, homes[order], labels_, digests_)
    result = find_duplicates(images)
    examples = [sorted(group) for group in result.examples]
    return result._replace(leaked=np.sort(result.leaked), examples=examples)


@pytest.mark.parametrize(
    ("images", "repeated", "shared", "leaked"),
    [
        ({"train": "abc", "val": "d", "test": "e"}, 0, (0, 0, 0), []),
        ({"train": "aab", "val": "c", "test": "d"}, 1, (0, 0, 0), []),
        ({"train": "aaaa", "val": "b", "test": "b"}, 4, (0, 0, 1), []),
        ({"train": "abc", "val": "cd", "test": "e"}, 1, (1, 0, 0), [2]),
        ({"train": "abca", "val": "d", "test": "aa"}, 3, (0, 2, 0), [0, 3]),
        ({"train": "abc", "val": "bc", "test": "ca"}, 4, (2, 2, 1), [0, 1, 2]),
        ({}, 0, (0, 0, 0), []),
        ({"train": "ab"}, 0, (0, 0, 0), []),
    ],
)
def test_repeated_shared_and_leaked_images_are_counted(
    images: dict[str, str], repeated: int, shared: tuple[int, ...], leaked: list[int]
) -> None:
    result = found(images)
    assert result.repeated == repeated
    assert tuple(result.shared.values()) == shared
    assert list(result.shared) == ["train_and_val", "train_and_test", "val_and_test"]
    assert result.leaked.tolist() == leaked
    assert result.contradictory == 0


@pytest.mark.parametrize(
    ("images", "labels", "contradictory"),
    [
        ({"train": "aab"}, {"train": "000"}, 0),
        ({"train": "aab"}, {"train": "010"}, 1),
        ({"train": "aaab"}, {"train": "0120"}, 1),
        ({"train": "aabb", "test": "b"}, {"train": "0101", "test": "0"}, 2),
        ({"train": "ab", "val": "a", "test": "b"}, {"train": "01", "val": "0", "test": "0"}, 1),
        ({"train": "ab"}, {"train": "01"}, 0),
    ],
)
def test_the_same_pixels_under_two_labels_contradict_each_other(
    images: dict[str, str], labels: dict[str, str], contradictory: int
) -> None:
    assert found(images, labels).contradictory == contradictory


def test_examples_name_every_image_of_a_group_shared_or_contradictory() -> None:
    result = found(
        {"train": "aabbc", "val": "b", "test": "d"}, {"train": "01000", "val": "0", "test": "0"}
    )
    assert result.examples == [
        [("train", "0"), ("train", "1")],
        [("train", "2"), ("train", "3"), ("val", "0")],
    ]


def test_harmless_repetitions_are_no_examples() -> None:
    assert found({"train": "aaa", "val": "b", "test": "c"}).examples == []


def test_both_halves_of_a_digest_count() -> None:
    digests = {
        "train": np.array([[1, 2], [3, 4]], np.uint64),
        "val": np.array([[1, 4]], np.uint64),
        "test": np.array([[3, 2]], np.uint64),
    }
    labels = {name: np.zeros(len(rows), np.int64) for name, rows in digests.items()}
    assert compared(digests, labels).repeated == 0


def test_no_more_groups_are_named_than_a_person_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "EXAMPLES", 2)
    result = found({"train": "abcde", "val": "abcde"})
    assert len(result.examples) == 2
    assert result.shared["train_and_val"] == 5


@pytest.mark.parametrize("seed", range(40))
def test_all_agrees_with_comparing_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = dict(zip(NAMES, rng.integers(0, 12, 3), strict=True))
    # Few values, so that there are duplicates, and halves that agree alone.
    digests = {
        name: rng.integers(0, 4, (count, 2)).astype(np.uint64) for name, count in counts.items()
    }
    labels = {name: rng.integers(0, 3, count) for name, count in counts.items()}
    result = compared(digests, labels)

    members = defaultdict(list)
    for name in NAMES:
        for row, digest in enumerate(digests[name].tolist()):
            members[tuple(digest)].append((name, row))
    where = {digest: {name for name, _ in group} for digest, group in members.items()}
    named = {d: {int(labels[n][r]) for n, r in group} for d, group in members.items()}
    assert result.repeated == sum(len(group) - 1 for group in members.values())
    assert result.contradictory == sum(len(names) > 1 for names in named.values())
    for one, other in combinations(NAMES, 2):
        expected = sum(other in where[tuple(d)] for d in digests[one].tolist())
        assert result.shared[f"{one}_and_{other}"] == expected
    assert result.leaked.tolist() == [
        row
        for row, digest in enumerate(digests["train"].tolist())
        if where[tuple(digest)] & {"val", "test"}
    ]
    examples = [
        [(name, str(row)) for name, row in group]
        for digest, group in members.items()
        if len(where[digest]) > 1 or len(named[digest]) > 1
    ]
    assert sorted(result.examples) == sorted(map(sorted, examples))
