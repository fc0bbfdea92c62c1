import numpy as np
import pytest
from exports import DATA

from stages.exporting.card_data import FEW, NAMED, DataCounts, count, equal_pixels, rare


def test_images_are_counted_by_class_and_split() -> None:
    found = count("Toys", {"train": np.array([0, 2, 2]), "test": np.array([1, 2])}, 3)
    assert found == DataCounts("Toys", {"train": [1, 0, 2], "test": [0, 1, 1]})
    assert found.baseline == 0.5


@pytest.mark.parametrize("counts", [{}, {"train": [1, 2]}, {"train": [1, 2], "test": [0, 0]}])
def test_without_images_there_is_no_baseline(counts: dict[str, list[int]]) -> None:
    assert DataCounts("", counts).baseline is None


def test_of_equal_classes_the_first_is_the_baseline() -> None:
    assert DataCounts("", {"train": [5, 5], "test": [3, 1]}).baseline == 0.75


def test_classes_of_few_images_are_named_the_fewest_first() -> None:
    assert rare(["a", "b", "c"], [FEW, 3, 1]) == "c (1), b (3)"
    assert rare([f"{n}" for n in range(100)], [1] * 100).endswith(f"and {100 - NAMED} more")
    assert rare(["a"], []) == ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, []),
        ({"train_and_test": 0}, []),
        ({"train_and_test": 2}, ["2 images of train have the same pixels as images of test, so"]),
        (
            {"train_and_val": 2, "dropped": 2},
            ["2 images of train have the same"],
        ),
    ],
)
def test_images_in_two_splits_are_told(found: dict[str, int], said: list[str]) -> None:
    lines = [*equal_pixels(DATA.meta.model_copy(update={"duplicates": found}))]
    assert len(lines) == len(said)
    assert all(line.startswith(start) for line, start in zip(lines, said, strict=True))
