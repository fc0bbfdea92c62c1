from pathlib import Path

import numpy as np
import pytest
from toys import INTERFACE, encoded, pixels, publish

from stages.artifacts import splits
from stages.artifacts.raw import Image
from stages.imaging.assembly import decode_into
from stages.imaging.duplicates import find_duplicates, hash_originals
from stages.imaging.pool import Decoding

PARAMS = Decoding(
    image_size=(4, 4), resize="stretch", interpolation="nearest", channels=3, workers=1
)


def shared(tmp_path: Path, train: bytes, test: bytes) -> list[int]:
    """Return how many of both images look alike, and how many are shared after a second look."""
    others = [Image(encoded(pixels(seed)), f"{seed}.png", seed % 2) for seed in range(4)]
    images = {"train": [*others, Image(train, "a", 0)], "test": [Image(test, "b", 0)]}
    published = publish(tmp_path / "raw", images)
    # Published splits are read in the order of their names: test is number 0.
    homes = np.array([2, 0, 0, 0, 1, 0], np.int8)
    with splits.writer((4, 4, 3), tmp_path / "splits") as out:
        seen = decode_into(out, published, homes, PARAMS)
        out.finish(INTERFACE, {})
    second = hash_originals(published, seen, 3)
    alike = {0, 5} <= set(second.numbers.tolist())
    return [int(alike), find_duplicates(second).shared["train_and_test"]]


def test_images_that_resizing_made_alike_are_no_duplicates(tmp_path: Path) -> None:
    large = np.zeros((8, 8, 3), np.uint8)
    other = large.copy()
    other[0, 0] = 9  # which the nearest of 4 x 4 pixels is not
    assert shared(tmp_path, encoded(large), encoded(other)) == [1, 0]


def test_images_of_unlike_sizes_are_no_duplicates(tmp_path: Path) -> None:
    even = [np.full((side, side, 3), 7, np.uint8) for side in (5, 6)]
    assert shared(tmp_path, encoded(even[0]), encoded(even[1])) == [1, 0]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_the_same_pixels_in_another_format_are_duplicates(tmp_path: Path, kind: str) -> None:
    picture = pixels(9)
    assert shared(tmp_path, encoded(picture), encoded(picture, kind)) == [1, 1]
