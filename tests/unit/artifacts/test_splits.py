import pickle
from pathlib import Path

import numpy as np
import pytest
from toys import INTERFACE, split

from stages.artifacts import splits
from stages.artifacts.splits import Meta
from stages.errors import UserError

REMEDY = "run `dvc repro preprocess` to make it again"
META = Meta(interface=INTERFACE, counts={"train": 6, "val": 2})
PARTS = {"train": split(6), "val": split(2, seed=1)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    splits.write(META, PARTS, tmp_path / "splits")
    return tmp_path / "splits"


def complaint(root: Path) -> str:
    with pytest.raises(UserError) as caught:
        splits.read("train", root)
    message = str(caught.value)
    assert message.startswith(f"{root}/train")
    assert message.endswith(REMEDY)
    return message


@pytest.mark.parametrize("name", ["train", "val"])
def test_what_was_written_is_read(root: Path, name: str) -> None:
    images, labels = splits.read(name, root)
    np.testing.assert_array_equal(images, PARTS[name].images, strict=True)
    np.testing.assert_array_equal(labels, PARTS[name].labels, strict=True)


def test_the_description_is_read_as_written(root: Path) -> None:
    assert splits.read_meta(root) == META


def test_the_same_splits_are_the_same_bytes(root: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    splits.write(META, dict(reversed(PARTS.items())), again)
    files = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    assert len(files) == 5
    for file in files:
        assert (root / file).read_bytes() == (again / file).read_bytes()


def test_labels_match_their_images_when_they_are_in_memory(root: Path) -> None:
    images, labels = splits.read("train", root)
    np.testing.assert_array_equal(images.mean((1, 2, 3)) > 125, labels == 1)


def test_numpy_opens_the_files(root: Path) -> None:
    np.testing.assert_array_equal(np.load(root / "val/images.npy"), PARTS["val"].images)


def test_images_stay_on_disk_and_writing_into_them_does_not_change_the_file(root: Path) -> None:
    before = (root / "train/images.npy").read_bytes()
    images = splits.read("train", root).images
    assert isinstance(images, np.memmap)
    images[:] = 7
    assert (root / "train/images.npy").read_bytes() == before


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
def test_a_missing_file_is_named(root: Path, name: str) -> None:
    (root / "train" / name).unlink()
    assert complaint(root) == f"{root}/train/{name}: is missing; {REMEDY}"


def test_a_split_that_was_never_made_is_missing(root: Path) -> None:
    with pytest.raises(UserError, match=r"test/images\.npy: is missing"):
        splits.read("test", root)


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
@pytest.mark.parametrize("length", [0, 4, 40, 128, -1])
def test_a_truncated_file_is_refused(root: Path, name: str, length: int) -> None:
    path = root / "train" / name
    path.write_bytes(path.read_bytes()[:length])
    assert "cannot be read" in complaint(root)


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
@pytest.mark.parametrize(
    "content",
    [
        b"garbage",
        b"\x93NUMPY\x01\x00\x0a\x00{'descr': ",
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
    ],
    ids=["garbage", "half a header", "half an archive", "empty archive"],
)
def test_a_file_of_another_format_is_refused(root: Path, name: str, content: bytes) -> None:
    (root / "train" / name).write_bytes(content)
    assert "cannot be read" in complaint(root)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((6, 4, 5, 1)), np.arange(6)),
        (np.zeros((6, 4, 5), np.uint8), np.arange(6)),
        (np.zeros((6, 4, 5, 1), np.uint8), np.arange(5)),
        (np.zeros((6, 4, 5, 1), np.uint8), np.zeros(6)),
        (np.zeros((6, 4, 5, 1), np.uint8), np.zeros((6, 2), np.int64)),
        (np.zeros((6, 4, 5, 1), np.uint8), np.array(6)),
        (np.array(6, np.uint8), np.arange(6)),
    ],
    ids=["float", "3 axes", "fewer labels", "float labels", "2 axes", "no axis", "no images"],
)
def test_arrays_of_another_type_or_shape_are_refused(
    root: Path, images: np.ndarray, labels: np.ndarray
) -> None:
    np.save(root / "train/images.npy", images)
    np.save(root / "train/labels.npy", labels)
    assert complaint(root) == (
        f"{root}/train: cannot be read (images are {images.dtype} {images.shape}, "
        f"labels {labels.dtype} {labels.shape}, expected uint8 [N, H, W, C] and int64 [N]); "
        f"{REMEDY}"
    )


class Trap:
    """Create a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
@pytest.mark.parametrize("wrapped", [False, True], ids=["pickle", "array of objects"])
def test_nothing_is_unpickled(root: Path, tmp_path: Path, name: str, *, wrapped: bool) -> None:
    trap = Trap(tmp_path / "sprung")
    if wrapped:
        np.save(root / "train" / name, np.array([trap], object))
    else:
        (root / "train" / name).write_bytes(pickle.dumps(trap))
    complaint(root)
    assert not trap.path.exists()


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}", b'{"counts": {}}', b"\xff"])
def test_a_missing_or_damaged_description_is_named(root: Path, content: bytes | None) -> None:
    path = root / "meta.json"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        splits.read_meta(root)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(REMEDY)
