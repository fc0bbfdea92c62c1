import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from toys import INTERFACE, encoded, pixels, publish

from stages.artifacts import raw, splits
from stages.artifacts.raw import Image, Published
from stages.artifacts.splits import NAMES, Writer
from stages.imaging.assembly import EXCLUDED, decode_into
from stages.imaging.pool import Decoding
from stages.imaging.row_group import decode_group

PARAMS = Decoding(image_size=(4, 5), resize="stretch", interpolation="box", channels=1, workers=2)
BAD = (2, 11, 12)  # by number, through test, then train


def image(number: int) -> Image:
    data = b"damaged" if number in BAD else encoded(pixels(number, 4 + number % 3, 5, 1))
    return Image(data, f"{number}.png", number % 2)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    monkeypatch.setattr(raw, "GROUP_IMAGES", 4)
    images = [image(number) for number in range(30)]
    return publish(tmp_path / "raw", {"train": images[10:], "test": images[:10]})


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Writer]:
    with splits.writer((4, 5, 1), tmp_path / "splits") as writer:
        yield writer
        writer.finish(INTERFACE, {})


def homes(seed: int = 0) -> np.ndarray:
    """Deal 30 images at random, regardless of the published splits."""
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(3, dtype=np.int8), 10))


@pytest.mark.parametrize("seed", range(5))
def test_images_and_labels_are_those_computed_in_memory(
    published: Published, out: Writer, seed: int
) -> None:
    seen = decode_into(out, published, homes(seed), PARAMS)
    batches = [decode_group(g, PARAMS.spec, np.ones(30, bool)) for g in published.row_groups]
    images = dict(
        zip(
            [number for number in range(30) if number not in BAD],
            np.concatenate([batch.images for batch in batches]),
            strict=True,
        )
    )
    expected = homes(seed)
    expected[list(BAD)] = EXCLUDED
    np.testing.assert_array_equal(seen.split_ids, expected)
    for home, name in enumerate(NAMES):
        kept = np.flatnonzero(expected == home).tolist()
        assert out.labels(name).tolist() == [number % 2 for number in kept]
        found = out.images(name, np.arange(len(kept)))
        np.testing.assert_array_equal(found, np.stack([images[number] for number in kept]))
    assert [seen.checksums[number] for number in BAD] == [0, 0, 0]


def test_equal_pixels_have_equal_checksums(tmp_path: Path, out: Writer) -> None:
    images = [Image(encoded(pixels(n % 3, 4, 5, 1), "PNG"), f"{n}", n % 2) for n in range(6)]
    published = publish(tmp_path / "raw", {"train": images})
    split_ids = np.repeat(np.arange(3, dtype=np.int8), 2)
    checksums = decode_into(out, published, split_ids, PARAMS).checksums
    assert (checksums[:3] == checksums[3:]).all()
    assert len(set(checksums.tolist())) == 3


def test_sizes_and_failures_are_those_of_all_splits(published: Published, out: Writer) -> None:
    seen = decode_into(out, published, homes(), PARAMS)
    good = [number for number in range(30) if number not in BAD]
    assert seen.sizes == Counter((4 + number % 3, 5) for number in good)
    assert seen.failures == {f"{n}.png": "no picture of a kind that can be read" for n in BAD}


def test_files_of_the_same_name_are_told_apart(tmp_path: Path, out: Writer) -> None:
    images = [Image(b"", "a.png", 0)] * 3
    published = publish(tmp_path / "raw", {"train": images[:2], "test": images[2:]})
    seen = decode_into(out, published, np.array([2, 0, 0], np.int8), PARAMS)
    assert list(seen.failures) == ["a.png", "a.png (2)", "a.png (3)"]


def test_memory_does_not_grow_with_the_number_of_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "GROUP_IMAGES", 8)
    large = PARAMS.model_copy(update={"image_size": (64, 64), "workers": 1})
    peaks = list[int]()
    for count in (100, 400):
        images = [Image(encoded(pixels(n, 4, 5, 1)), f"{n}", n % 2) for n in range(count)]
        published = publish(tmp_path / f"raw{count}", {"train": images})
        with splits.writer((64, 64, 1), tmp_path / f"splits{count}") as out:
            tracemalloc.start()
            decode_into(out, published, np.arange(count, dtype=np.int8) % 3, large)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            out.finish(INTERFACE, {})
    assert peaks[1] < peaks[0] + 100 * 64 * 64  # of 300 images more
