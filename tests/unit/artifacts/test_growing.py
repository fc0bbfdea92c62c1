from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from stages.artifacts import growing
from stages.artifacts.growing import GrowingArray

Kind = type[np.generic]
SHAPES = [(), (3,), (2, 3, 1)]


def saved(array: np.ndarray) -> bytes:
    """Return what NumPy writes."""
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def rows(count: int, kind: Kind = np.int64, shape: tuple[int, ...] = ()) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 200, (count, *shape)).astype(kind)


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("parts", [1, 2, 5])
def test_the_file_is_that_of_numpy_however_the_rows_came(
    tmp_path: Path, kind: Kind, shape: tuple[int, ...], parts: int
) -> None:
    whole, array = rows(11, kind, shape), GrowingArray(tmp_path / "a.npy", kind, shape)
    for part in np.array_split(whole, parts):
        array.append(part)
    array.finish()
    assert (tmp_path / "a.npy").read_bytes() == saved(whole)
    assert len(array) == 11


def test_rows_of_another_layout_or_type_are_stored_as_promised(tmp_path: Path) -> None:
    array = GrowingArray(tmp_path / "a.npy", np.int64, (2,))
    whole = np.arange(12, dtype=np.int32).reshape(6, 2)
    array.append(np.asfortranarray(whole)[::-2])
    array.finish()
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), whole[::-2].astype(np.int64))


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_so_far_can_be_read(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array, whole = GrowingArray(tmp_path / "a.npy", np.uint8, shape), rows(9, np.uint8, shape)
    assert array.read().shape == (0, *shape)
    array.append(whole)
    np.testing.assert_array_equal(array.read(), whole)
    np.testing.assert_array_equal(array.read(np.array([5, 0, 7])), whole[[5, 0, 7]])
    np.testing.assert_array_equal(np.concatenate([*array.chunks()]), whole)


@pytest.mark.parametrize(
    ("limit", "sizes"), [(1, [1] * 7), (24, [1] * 7), (79, [3, 3, 1]), (999, [7])]
)
def test_chunks_are_of_some_bytes(
    tmp_path: Path, limit: int, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "CHUNK_BYTES", limit)
    array = GrowingArray(tmp_path / "a.npy", np.int64, (3,))  # 24 bytes a row
    array.append(rows(7, shape=(3,)))
    assert [len(chunk) for chunk in array.chunks()] == sizes


@pytest.mark.parametrize("left", [[], [0], [6, 2], [*range(7)]])
@pytest.mark.parametrize("limit", [1, 999])
def test_rows_left_out_are_gone_and_more_can_follow(
    tmp_path: Path, left: list[int], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "CHUNK_BYTES", limit)
    array, whole = GrowingArray(tmp_path / "a.npy", np.int64, ()), rows(7)
    array.append(whole)
    array.remove(np.array(left, np.int64))
    array.append(whole)
    array.finish()
    expected = np.concatenate([np.delete(whole, left), whole])
    assert (tmp_path / "a.npy").read_bytes() == saved(expected)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"of somebody")
    with pytest.raises(FileExistsError):
        GrowingArray(tmp_path / "a.npy", np.uint8, ())
