import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.format import open_memmap
from torch import Tensor

from stages import batches as module
from stages import stored as reader
from stages.artifacts.splits import Split
from stages.batches import Resident, batches, gather, prefetched, to_device
from stages.errors import UserError
from stages.stored import FileOfImages, StoredImages, blocks, stored

CPU = torch.device("cpu")
PIXELS = np.random.default_rng(0).integers(0, 256, (50, 3, 4, 2), np.uint8)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> StoredImages:
    """Return the pixels in three files of 20, 1 and 29 images, behind headers of other lengths."""
    folder, made = tmp_path_factory.mktemp("parts"), []
    for number, (start, end) in enumerate([(0, 20), (20, 21), (21, 50)]):
        path = folder / f"images-{number:05}.npy"
        path.write_bytes(b"x" * number + PIXELS[start:end].tobytes() + b"what comes behind")
        made.append(FileOfImages(path, number, end - start))
    return StoredImages(made, PIXELS.shape[1:])


@pytest.fixture
def mapped(tmp_path: Path) -> np.ndarray:
    np.save(tmp_path / "images.npy", PIXELS)
    found: np.ndarray = open_memmap(tmp_path / "images.npy", mode="c")
    return found


@given(rows=st.lists(st.integers(0, 49), max_size=80))
def test_rows_are_those_of_the_array(parts: StoredImages, rows: list[int]) -> None:
    chosen = np.array(rows, np.int64)
    np.testing.assert_array_equal(parts.read(chosen), PIXELS[chosen])


@given(bounds=st.tuples(st.integers(0, 50), st.integers(0, 50)))
def test_a_slice_has_the_images_between(parts: StoredImages, bounds: tuple[int, int]) -> None:
    cut, expected = parts[slice(*bounds)], PIXELS[slice(*bounds)]
    assert cut.shape == expected.shape
    assert cut.nbytes == expected.nbytes
    np.testing.assert_array_equal(cut.read(np.arange(len(cut))), expected)


def test_neighbours_are_read_by_one_call(
    mapped: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, read = list[int](), os.preadv

    def noted(file: int, into: list[memoryview], at: int) -> int:
        calls.append(len(into))
        return read(file, into, at)

    monkeypatch.setattr(os, "preadv", noted)
    images = stored(mapped)
    assert images
    rows = np.array([7, 3, 30, 5, 4, 6])
    np.testing.assert_array_equal(images.read(rows), PIXELS[rows])
    assert calls == [5, 1]
    monkeypatch.setattr(reader, "BUFFERS", 20)
    images.read(np.arange(50))
    assert calls[2:] == [20, 20, 10]


def test_what_a_call_leaves_over_is_read_by_the_next(
    mapped: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = os.pread

    def interrupted(file: int, into: list[memoryview], at: int) -> int:
        got = read(file, 7, at)
        for piece in into:
            piece[: len(got)] = got[: len(piece)]
            break
        return min(len(got), len(into[0]))

    monkeypatch.setattr(os, "preadv", interrupted)
    images = stored(mapped)
    assert images
    np.testing.assert_array_equal(images.read(np.array([2, 1])), PIXELS[[2, 1]])


def test_where_no_call_fills_several_buffers_each_is_read(
    parts: StoredImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "preadv")  # as on Windows
    rows = np.array([49, 0, 7, 8, 20, 21, 7])
    np.testing.assert_array_equal(parts.read(rows), PIXELS[rows])


@pytest.mark.parametrize("rows", [[50], [-1, 3]])
def test_rows_that_are_not_there_are_refused(parts: StoredImages, rows: list[int]) -> None:
    with pytest.raises(IndexError, match="of 50"):
        parts.read(np.array(rows))


def test_arrays_in_memory_and_parts_of_maps_have_no_file(mapped: np.ndarray) -> None:
    assert stored(PIXELS) is None
    assert stored(mapped[3:]) is None


@pytest.mark.parametrize("harm", ["truncated", "gone", "unreadable", "failing"])
def test_a_file_that_fails_while_training_is_one_message(
    mapped: np.ndarray, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_free", lambda _: 0)
    data = to_device(Split(mapped, np.arange(50)), CPU)
    made = batches(data, torch.arange(50), 5)
    path = Path(str(mapped.filename))  # type: ignore[attr-defined]
    match harm:
        case "truncated":
            os.truncate(path, 200)
        case "gone":
            path.unlink()
        case "unreadable":
            path.unlink()
            path.mkdir()
        case _:

            def fail(*_: object) -> int:
                raise OSError(5, "Input/output error")

            monkeypatch.setattr(os, "preadv", fail)
    with pytest.raises(UserError, match=r"images\.npy.*run `dvc repro preprocess`"):
        list(made)


def test_batches_from_the_disk_are_those_from_memory(
    mapped: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, order = np.arange(50), torch.randperm(50)
    whole = to_device(Split(mapped, labels), CPU)
    assert isinstance(whole.images, Tensor)
    assert not np.shares_memory(whole.images, mapped)  # no fault of a page can kill
    monkeypatch.setattr(module, "_free", lambda _: 0)
    monkeypatch.setattr(module, "CHUNK_BYTES", 100)
    apart = to_device(Split(mapped, labels), CPU)
    assert isinstance(apart.images, StoredImages)
    for found, expected in zip(batches(apart, order, 7), batches(whole, order, 7), strict=True):
        for one, other in zip(found, expected, strict=True):
            assert torch.equal(one, other)
    rows = torch.tensor([4, 9])
    assert torch.equal(gather(apart.images, rows), gather(whole.images, rows))


@pytest.mark.parametrize(("limit", "most"), [(24, 1), (10 * 24, 10), (2**30, 15)])
def test_what_is_read_ahead_is_bounded(
    mapped: np.ndarray, limit: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AHEAD_BYTES", limit)
    begun, pinned = list[int](), module._pinned

    def noted(images: StoredImages, rows: Tensor) -> Tensor:
        begun.append(len(rows))
        return pinned(images, rows)

    monkeypatch.setattr(module, "_pinned", noted)
    images = stored(mapped)
    chunks = prefetched(Resident(images, torch.arange(50)), torch.arange(50).split(1))
    for taken in range(1, 4):
        next(chunks)
        assert len(begun) <= taken + most
    chunks.close()  # type: ignore[attr-defined]
    assert len(begun) <= 3 + most


def test_an_array_is_hashed_by_its_bytes(
    mapped: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BLOCK", 100)
    for array in (PIXELS, mapped, PIXELS[:, ::2], PIXELS[:0], np.arange(9)):
        assert b"".join(block.tobytes() for block in blocks(array)) == array.tobytes()
    os.truncate(str(mapped.filename), 200)  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="ends at byte 200"):
        list(blocks(mapped))


def test_a_file_that_is_replaced_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(PIXELS.tobytes())
    images = StoredImages([FileOfImages(path, 0, len(PIXELS))], PIXELS.shape[1:])
    rows = np.arange(5)
    np.testing.assert_array_equal(images.read(rows), PIXELS[rows])
    other = tmp_path / "other"
    other.write_bytes(PIXELS[::-1].tobytes())
    other.replace(path)  # as DVC checks out another version
    with pytest.raises(UserError, match="images: was replaced or changed while it was read"):
        images.read(rows)
