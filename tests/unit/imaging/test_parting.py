"""A large set in parts: the same images as in one file, whoever writes them."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toys import encoded, pixels, publish, section

from stages.artifacts import parts, raw, splits
from stages.artifacts.raw import Image, Published
from stages.artifacts.splits import NAMES
from stages.errors import UserError
from stages.imaging import parting
from stages.preprocess import Preprocess, preprocess

COUNT, BAD = 60, {3, 17, 18, 19, 20, 21, 22, 23, 24}  # of which one part has nothing else
SAME = {7: 40, 8: 40, 50: 51}  # images with the pixels of others
PARAMS: dict[str, Any] = {
    "val_fraction": 0.2,
    "test_fraction": 0.3,
    "image_size": (4, 5),
    "channels": 3,
    "workers": 2,
    "on_error": "exclude",
    "duplicates": "drop_from_train",
}
REMEDY = "run `dvc repro preprocess` to make it again"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Publish images in groups of 2, of which some are damaged, and some the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw, "GROUP_IMAGES", 2)
        images = [
            Image(b"" if n in BAD else encoded(pixels(SAME.get(n, n))), f"{n}.png", n % 2)
            for n in range(COUNT)
        ]
        yield publish(tmp_path_factory.mktemp("raw") / "raw", {"train": images})


def make(root: Path, published: Published, **changes: object) -> dict[str, object]:
    """Run the stage; return its figures."""
    params = Preprocess.model_validate(section("preprocess", **(PARAMS | changes)))
    with splits.writer((*params.image_size, params.channels), root) as out:
        return preprocess(params, published, out).figures


@pytest.fixture(autouse=True)
def _in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have parts of 5 images or more."""
    monkeypatch.setattr(parting, "WHOLE_BYTES", 0)
    monkeypatch.setattr(parting, "PART_BYTES", 5 * 4 * 5 * 3)


@pytest.fixture(scope="module")
def whole(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole") / "splits"
    make(root, published)
    return root


@pytest.fixture
def parted(published: Published, tmp_path: Path) -> Path:
    make(tmp_path / "splits", published)
    return tmp_path / "splits"


def tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_parts_one_behind_the_other_are_the_array_of_one_file(
    parted: Path, whole: Path, name: str
) -> None:
    images, labels = splits.read(name, parted)
    expected = np.load(whole / name / "images.npy")
    files = sorted((parted / name).glob("images-*.npy"))
    assert len(files) > 2
    np.testing.assert_array_equal(np.concatenate([*map(np.load, files)]), expected)
    np.testing.assert_array_equal(images[:], expected)
    assert (images.shape, images.dtype, images.nbytes) == (
        expected.shape,
        expected.dtype,
        expected.nbytes,
    )
    np.testing.assert_array_equal(labels, np.load(whole / name / "labels.npy"))
    assert splits.read_paths(name, parted) == splits.read_paths(name, whole)


def test_all_else_is_the_same(published: Published, whole: Path, tmp_path: Path) -> None:
    figures = make(tmp_path / "splits", published)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parting, "WHOLE_BYTES", 2**34)
        assert make(tmp_path / "whole", published) == figures
    assert figures["counts"][0]["leaked"]  # type: ignore[index]
    one, many = splits.read_meta(whole), splits.read_meta(tmp_path / "splits")
    assert many.model_copy(update={"parts": {}}) == one
    assert "parts" not in (whole / "meta.json").read_text("utf-8")
    assert {name: sum(counts) for name, counts in many.parts.items()} == many.counts


@pytest.mark.parametrize("workers", [1, 3])
def test_the_bytes_do_not_depend_on_the_workers(
    parted: Path, published: Published, tmp_path: Path, workers: int
) -> None:
    make(tmp_path / "again", published, workers=workers)
    assert tree(tmp_path / "again") == tree(parted)


@pytest.mark.parametrize(
    "rows", [0, -1, slice(2, 9), slice(None, None, -3), [5, 0, 7, 5], [], [True] * 3], ids=str
)
def test_parts_are_indexed_as_an_array(parted: Path, whole: Path, rows: Any) -> None:  # noqa: ANN401
    images = splits.read("val", parted).images
    expected = np.load(whole / "val/images.npy")
    if rows == [True] * 3:
        rows = np.arange(len(expected)) % 3 == 0
    elif isinstance(rows, list):
        rows = np.array(rows, np.int64)
    np.testing.assert_array_equal(images[rows], expected[rows], strict=True)


def test_an_index_beyond_the_end_is_refused(parted: Path) -> None:
    images = splits.read("val", parted).images
    with pytest.raises(IndexError):
        images[len(images)]


def test_parts_come_in_pieces(parted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images: Any = splits.read("train", parted).images
    monkeypatch.setattr(parts, "CHUNK_BYTES", 200)
    pieces = list(images.chunks())
    assert {len(piece) for piece in pieces[:-1]} == {3}
    np.testing.assert_array_equal(np.concatenate(pieces), images[:])
    np.testing.assert_array_equal(np.stack(list(images)), images[:])


def test_parts_that_would_be_empty_are_no_files(parted: Path) -> None:
    counts = splits.read_meta(parted).parts
    assert 0 in chain(*counts.values())
    files = {name: len([*(parted / name).glob("images*.npy")]) for name in NAMES}
    assert files == {name: sum(count > 0 for count in counts[name]) for name in NAMES}


def damaged(root: Path) -> str:
    with pytest.raises(UserError) as caught:
        splits.read("train", root)
    message = str(caught.value)
    assert message.endswith(REMEDY)
    assert "\n" not in message
    return message.removesuffix(f"; {REMEDY}")


@pytest.mark.parametrize("length", [0, 40, 128, -1])
def test_a_truncated_part_is_named(parted: Path, length: int) -> None:
    path = parted / "train/images-00001.npy"
    path.write_bytes(path.read_bytes()[:length])
    assert damaged(parted).startswith(f"{path}: cannot be read (")


def test_a_missing_part_is_named(parted: Path) -> None:
    (parted / "train/images-00001.npy").unlink()
    assert damaged(parted) == f"{parted}/train/images-00001.npy: is missing"


def test_a_part_that_is_longer_than_it_says_is_named(parted: Path) -> None:
    path = parted / "train/images-00001.npy"
    path.write_bytes(path.read_bytes() + b"more")
    assert "images-00001.npy: cannot be read (it has " in damaged(parted)


@pytest.mark.parametrize("array", [np.zeros((1, 9, 9, 3), np.uint8), np.zeros((4, 4, 5, 3))])
def test_a_part_of_other_images_is_named(parted: Path, array: np.ndarray) -> None:
    np.save(parted / "train/images-00001.npy", array)
    assert f"images-00001.npy: cannot be read (it holds {array.dtype} [" in damaged(parted)


@pytest.mark.parametrize("name", ["images-00099.npy", "images.npy"])
def test_a_file_that_is_no_part_of_the_split_is_named(parted: Path, name: str) -> None:
    (parted / "train" / name).write_bytes((parted / "train/images-00001.npy").read_bytes())
    assert damaged(parted) == (
        f"{parted}/train/{name}: cannot be read (meta.json knows of no such part)"
    )


def test_a_part_beside_the_one_file_is_named(whole: Path) -> None:
    stray = whole / "train/images-00000.npy"
    stray.write_bytes((whole / "train/images.npy").read_bytes())
    found = damaged(whole)
    stray.unlink()
    assert found == f"{stray}: cannot be read (meta.json knows of no such part)"


def test_a_run_that_fails_leaves_nothing(published: Published, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"3\.png: cannot be decoded"):
        make(tmp_path / "splits", published, on_error="fail")
    assert not list(tmp_path.iterdir())


def test_where_a_part_ends_is_known_before_anything_is_decoded(published: Published) -> None:
    cut = parting.layout(published.row_groups, 4 * 5 * 3)
    assert [*chain(*cut)] == published.row_groups
    assert [len(part) for part in cut] == [3] * 10  # of 2 images: 6 are the first 5 or more


def test_a_small_set_is_in_one_file(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parting, "WHOLE_BYTES", 2**34)
    assert parting.layout(published.row_groups, 4 * 5 * 3) == []
    assert parting.layout(published.row_groups, 2**34 // COUNT) == []
    assert len(parting.layout(published.row_groups, 2**34 // COUNT + 1)) == 30
