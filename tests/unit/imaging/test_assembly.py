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
from stages.imaging.assembly import assemble
from stages.imaging.pool import Decoding, decode_group

PARAMS = Decoding(size=(4, 5), resize="stretch", interpolation="box", channels=1, workers=2)
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


def members(seed: int = 0) -> dict[str, np.ndarray]:
    """Deal 30 numbers at random, regardless of the published splits."""
    parts = np.split(np.random.default_rng(seed).permutation(30), [17, 22])
    return {name: np.sort(part) for name, part in zip(NAMES, parts, strict=True)}


@pytest.mark.parametrize("seed", range(5))
def test_rows_labels_and_numbers_are_those_computed_in_memory(
    published: Published, out: Writer, seed: int
) -> None:
    seen = assemble(published, members(seed), PARAMS, out)
    batches = [decode_group(g, PARAMS) for groups in published.groups.values() for g in groups]
    images = dict(
        zip(
            [number for number in range(30) if number not in BAD],
            np.concatenate([batch.images for batch in batches]),
            strict=True,
        )
    )
    for name, numbers in members(seed).items():
        kept = [number for number in numbers.tolist() if number not in BAD]
        assert seen.numbers[name].tolist() == kept
        assert out.labels(name).tolist() == [number % 2 for number in kept]
        found = out.images(name, np.arange(len(kept)))
        np.testing.assert_array_equal(found, np.stack([images[number] for number in kept]))
        assert len(seen.digests[name]) == len(kept)


def test_equal_pixels_have_equal_digests(tmp_path: Path, out: Writer) -> None:
    images = [Image(encoded(pixels(n % 3, 4, 5, 1), "PNG"), f"{n}", n % 2) for n in range(6)]
    published = publish(tmp_path / "raw", {"train": images})
    numbers = {name: np.arange(i * 2, i * 2 + 2) for i, name in enumerate(NAMES)}
    seen = assemble(published, numbers, PARAMS, out)
    digests = np.concatenate(list(seen.digests.values()))
    assert (digests[:3] == digests[3:]).all()
    assert len(np.unique(digests, axis=0)) == 3


def test_sizes_and_failures_are_those_of_all_splits(published: Published, out: Writer) -> None:
    seen = assemble(published, members(), PARAMS, out)
    good = [number for number in range(30) if number not in BAD]
    assert seen.sizes == Counter((4 + number % 3, 5) for number in good)
    assert seen.failures == {f"{n}.png": "no image that Pillow knows" for n in BAD}


def test_files_of_the_same_name_are_told_apart(tmp_path: Path, out: Writer) -> None:
    images = [Image(b"", "a.png", 0)] * 3
    published = publish(tmp_path / "raw", {"train": images[:2], "test": images[2:]})
    numbers = {"train": np.array([1, 2]), "val": np.array([], np.int64), "test": np.array([0])}
    seen = assemble(published, numbers, PARAMS, out)
    assert list(seen.failures) == ["a.png", "a.png (2)", "a.png (3)"]


def test_memory_does_not_grow_with_the_number_of_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "GROUP_IMAGES", 8)
    large = PARAMS.model_copy(update={"size": (64, 64), "workers": 1})
    peaks = list[int]()
    for count in (100, 400):
        images = [Image(encoded(pixels(n, 4, 5, 1)), f"{n}", n % 2) for n in range(count)]
        published = publish(tmp_path / f"raw{count}", {"train": images})
        parts = np.array_split(np.arange(count), 3)
        with splits.writer((64, 64, 1), tmp_path / f"splits{count}") as out:
            tracemalloc.start()
            assemble(published, dict(zip(NAMES, parts, strict=True)), large, out)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            out.finish(INTERFACE, {})
    assert peaks[1] < peaks[0] + 100 * 64 * 64  # of 300 images more
