import multiprocessing
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Literal, get_args
from zlib import crc32

import numpy as np
import pytest
from PIL import Image as Picture
from pydantic import ValidationError
from toys import encoded, pixels, publish

from stages.artifacts import raw
from stages.artifacts.raw import Image, RowGroup
from stages.errors import UserError
from stages.imaging import pool
from stages.imaging.pool import Decoding, decode_groups
from stages.imaging.row_group import DecodedGroup, decode_group

PARAMS = Decoding(
    image_size=(4, 5), resize="stretch", interpolation="bicubic", channels=3, workers=2
)
Action = Literal["error", "ignore", "default"]
EVERY = np.ones(30, bool)
COUNT, BAD = 30, {3: b"", 17: b"text", 29: encoded(pixels(0))[:60]}


def workers(number: object) -> Decoding:
    return Decoding.model_validate(PARAMS.model_dump() | {"workers": number})


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[RowGroup]:
    """Return groups of 4 images each, of unlike sizes, some of them damaged."""
    monkeypatch.setattr(raw, "GROUP_IMAGES", 4)
    images = [
        Image(BAD.get(number, encoded(pixels(number, 5 + number, 9))), f"{number}.png", 0)
        for number in range(COUNT)
    ]
    return publish(tmp_path / "raw", {"train": images}).row_groups


def same(first: list[DecodedGroup], other: list[DecodedGroup]) -> bool:
    return len(first) == len(other) and all(
        (one.failures, one.paths) == (two.failures, two.paths)
        and np.array_equal(one.images, two.images)
        and np.array_equal(one.checksums, two.checksums)
        and np.array_equal(one.sizes, two.sizes)
        and np.array_equal(one.numbers, two.numbers)
        for one, two in zip(first, other, strict=True)
    )


def test_images_come_in_their_order_with_checksum_and_size(groups: list[RowGroup]) -> None:
    batches = list(decode_groups(groups, PARAMS, EVERY))
    good = [number for number in range(COUNT) if number not in BAD]
    expected = [
        Picture.fromarray(pixels(number, 5 + number, 9)).resize((5, 4), Picture.Resampling.BICUBIC)
        for number in good
    ]
    images = np.concatenate([batch.images for batch in batches])
    np.testing.assert_array_equal(images, np.stack([np.asarray(image) for image in expected]))
    sizes = np.concatenate([batch.sizes for batch in batches])
    assert sizes.tolist() == [[5 + number, 9] for number in good]
    checksums = np.concatenate([batch.checksums for batch in batches])
    assert checksums.tolist() == [crc32(image.tobytes()) for image in expected]


def test_only_the_pixels_of_train_are_counted(groups: list[RowGroup]) -> None:
    is_train = np.arange(COUNT) % 3 == 0
    batches = list(decode_groups(groups, PARAMS, is_train))
    good = [number for number in range(COUNT) if number not in BAD]
    images = np.concatenate([batch.images for batch in batches])[is_train[good]]
    expected = [
        np.bincount(channel.ravel(), minlength=256) for channel in np.moveaxis(images, -1, 0)
    ]
    np.testing.assert_array_equal(sum(batch.histogram for batch in batches), expected)


def test_failures_are_named_and_marked(groups: list[RowGroup]) -> None:
    batches = list(decode_groups(groups, PARAMS, EVERY))
    numbers = np.concatenate([batch.numbers for batch in batches])
    assert numbers.tolist() == [number for number in range(COUNT) if number not in BAD]
    failures = [failure for batch in batches for failure in batch.failures]
    assert [path for path, _ in failures] == [f"{number}.png" for number in BAD]
    assert [reason for _, reason in failures][:2] == ["no picture of a kind that can be read"] * 2
    assert [len(batch.numbers) + len(batch.failures) for batch in batches] == [4] * 7 + [2]


def test_a_group_of_which_no_image_can_be_decoded_is_empty(tmp_path: Path) -> None:
    images = [Image(b"", "a.png", 0), Image(b"x", "b.png", 0)]
    group = publish(tmp_path / "raw", {"train": images}).row_groups[0]
    batch = decode_group(group, PARAMS.spec, EVERY)
    assert (batch.images.shape, batch.checksums.shape) == ((0, 4, 5, 3), (0,))
    assert batch.sizes.shape == (0, 2)
    assert dict(batch.failures).keys() == {"a.png", "b.png"}


def test_an_image_too_elongated_to_crop_is_a_failure(tmp_path: Path) -> None:
    line = Image(encoded(Picture.new("L", (1, 2_000_000))), "line.png", 0)
    group = publish(tmp_path / "raw", {"train": [line]}).row_groups[0]
    spec = PARAMS.spec._replace(height=99, width=99, resize="crop")
    batch = decode_group(group, spec, EVERY)
    assert not len(batch.numbers)
    assert "too elongated" in dict(batch.failures)["line.png"]


@pytest.mark.parametrize("number", [1, 5, "auto"])
def test_the_result_is_the_same_for_any_number_of_workers(
    groups: list[RowGroup], number: int | str
) -> None:
    found = list(decode_groups(groups, workers(number), EVERY))
    assert same(found, list(decode_groups(groups, PARAMS, EVERY)))


# Stages spawn on macOS and Windows, and have a fork server elsewhere.
@pytest.mark.parametrize("start", sorted({*multiprocessing.get_all_start_methods()} - {"fork"}))
def test_processes_give_the_same_as_threads(
    groups: list[RowGroup], start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = list(decode_groups(groups, PARAMS, EVERY))
    monkeypatch.setattr(pool, "START", start)
    monkeypatch.setattr(pool, "MIN_PROCESS_IMAGES", 0)
    found = decode_groups(groups, PARAMS, EVERY)
    first = next(found)
    assert multiprocessing.active_children()
    assert same([first, *found], expected)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_closing_early_leaves_no_thread_behind(groups: list[RowGroup], taken: int) -> None:
    before = threading.active_count()
    batches = decode_groups(groups, PARAMS, EVERY)
    for _ in range(taken):
        next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_few_groups_are_ahead_of_the_one_that_is_taken(
    groups: list[RowGroup], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    class Counter(ThreadPoolExecutor):
        def submit(self, *call: Any, **options: Any) -> Any:  # noqa: ANN401
            nonlocal begun
            begun += 1
            return super().submit(*call, **options)

    monkeypatch.setattr(pool, "ThreadPoolExecutor", Counter)
    batches = decode_groups(groups, workers(2), EVERY)
    ahead = [begun - taken for taken, _ in enumerate(batches, start=1)]
    assert ahead == [4, 4, 4, 4, 3, 2, 1, 0]


def test_no_groups_give_no_batches() -> None:
    assert list(decode_groups([], PARAMS, EVERY)) == []


@pytest.mark.parametrize("many", [0, pool.MIN_PROCESS_IMAGES])
def test_a_damaged_file_is_named(
    groups: list[RowGroup], many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MIN_PROCESS_IMAGES", many)
    path = groups[0].file
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UserError) as caught:
        list(decode_groups(groups, PARAMS, EVERY))
    assert str(caught.value).startswith(f"{path}: cannot be read (")
    assert not multiprocessing.active_children()


def test_a_decoder_that_is_killed_is_reported(
    groups: list[RowGroup], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr(pool, "decode_group", die)
    with pytest.raises(UserError, match=r"killed.*; set preprocess\.workers to a lower number"):
        list(decode_groups(groups, PARAMS, EVERY))


@pytest.mark.parametrize("action", get_args(Action))
def test_what_pillow_warns_of_does_not_change_the_result(
    tmp_path: Path, action: Action, recwarn: pytest.WarningsRecorder
) -> None:
    broken = encoded(pixels(0), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    header = encoded(pixels(0), "BMP")
    bomb = header[:18] + (10_000).to_bytes(4, "little") * 2 + header[26:]
    images = [Image(broken, "a.jpg", 0), Image(bomb, "b.bmp", 0)]
    groups = publish(tmp_path / "raw", {"train": images}).row_groups
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        before = [*warnings.filters]
        batch = next(iter(list(decode_groups(groups, PARAMS, EVERY))))
        assert [*warnings.filters] == before
    assert batch.numbers.tolist() == [0]
    assert [path for path, _ in batch.failures] == ["b.bmp"]
    assert "has more than 89,478,485 pixels" in batch.failures[0][1]
    assert not recwarn.list


@pytest.mark.parametrize("number", [0, -1, 257, 1.0, "all", None, True])
def test_another_number_of_workers_is_refused(number: object) -> None:
    with pytest.raises(ValidationError):
        workers(number)
