import json
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from toys import INTERFACE, append, split, store

from stages.artifacts import growing, splits
from stages.artifacts.splits import NAMES, Meta, Split, Writer
from stages.errors import UserError

REMEDY = "run `dvc repro preprocess` to make it again"
META = Meta(interface=INTERFACE, counts={"train": 6, "val": 2, "test": 0}, excluded={})
PARTS = {"train": split(6), "val": split(2, seed=1)}
KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from stages.artifacts import splits

with splits.writer((4, 5, 1), Path(sys.argv[1])) as out:
    out.append("train", splits.Split(np.zeros((3, 4, 5, 1), np.uint8), np.zeros(3, np.int64)), [])
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    store(PARTS, tmp_path / "splits")
    return tmp_path / "splits"


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Writer]:
    with splits.writer((4, 5, 1), tmp_path / "grown") as writer:
        yield writer
        writer.finish(INTERFACE, {})


def saved(array: np.ndarray) -> bytes:
    """Return what NumPy writes."""
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def tree(root: Path) -> dict[Path, bytes]:
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


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


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_the_files_are_those_of_numpy_however_the_images_came(tmp_path: Path, parts: int) -> None:
    whole = split(11)
    with splits.writer((4, 5, 1), tmp_path / "splits") as out:
        for rows in np.array_split(np.arange(11), parts):
            append(out, "val", Split(whole.images[rows], whole.labels[rows]))
        out.finish(INTERFACE, {})
    found = tree(tmp_path / "splits")
    assert found[Path("val/images.npy")] == saved(whole.images)
    assert found[Path("val/labels.npy")] == saved(whole.labels)
    assert found[Path("train/images.npy")] == saved(np.empty((0, 4, 5, 1), np.uint8))
    assert found[Path("train/labels.npy")] == saved(np.array([], np.int64))


@pytest.mark.parametrize("shape", [(1, 1, 1), (224, 224, 3), (10_000, 1, 3)])
@pytest.mark.parametrize("count", [0, 1, 12])
def test_the_head_is_that_of_numpy_for_any_shape(
    tmp_path: Path, shape: tuple[int, int, int], count: int
) -> None:
    images = np.ones((count, *shape), np.uint8)
    with splits.writer(shape, tmp_path / "splits") as out:
        append(out, "test", Split(images, np.zeros(count, np.int64)))
        out.finish(INTERFACE, {})
    assert (tmp_path / "splits/test/images.npy").read_bytes() == saved(images)


def test_the_same_splits_are_the_same_bytes(root: Path, tmp_path: Path) -> None:
    store(dict(reversed(PARTS.items())), tmp_path / "again")
    assert tree(tmp_path / "again") == tree(root)
    assert len(tree(root)) == 10


def test_images_of_any_layout_in_memory_are_written_in_their_order(out: Writer) -> None:
    whole = split(8)
    append(out, "train", Split(whole.images[::-2], whole.labels[::-2]))
    append(out, "val", Split(np.asfortranarray(whole.images), whole.labels))
    np.testing.assert_array_equal(out.images("train", np.arange(4)), whole.images[::-2])
    np.testing.assert_array_equal(out.images("val", np.arange(8)), whole.images)


def test_what_was_written_so_far_can_be_read(out: Writer) -> None:
    whole = split(9)
    for start in (0, 4):
        part = slice(start, start + 4)
        append(out, "train", Split(whole.images[part], whole.labels[part]))
        count = start + 4
        assert out.labels("train").tolist() == whole.labels[:count].tolist()
        np.testing.assert_array_equal(out.images("train", np.arange(count)), whole.images[:count])
    rows = np.array([5, 0, 7])
    np.testing.assert_array_equal(out.images("train", rows), whole.images[rows])


# Names of files as they are found.
ODD = ["a b.png", "ä/ß.jpg", "line\nbreak", '"quoted"', "back\\slash", "\u2028", "a b.png"]


@pytest.mark.parametrize("limit", [1, 65, 2**24])
@pytest.mark.parametrize("rows", [[], [0], [6], [2, 3, 5], [0, 1, 2, 3, 4, 5, 6]])
def test_rows_that_are_left_out_are_as_if_they_had_never_come(
    tmp_path: Path, rows: list[int], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "CHUNK_BYTES", limit)
    whole, kept = split(7), np.setdiff1d(np.arange(7), rows)
    with splits.writer((4, 5, 1), tmp_path / "splits") as out:
        out.append("train", whole, ODD)
        out.append("val", whole, ODD)
        out.remove("train", np.array(rows, np.int64))
        out.finish(INTERFACE, {})
    with splits.writer((4, 5, 1), tmp_path / "expected") as out:
        left = Split(whole.images[kept], whole.labels[kept])
        out.append("train", left, [ODD[row] for row in kept])
        out.append("val", whole, ODD)
        out.finish(INTERFACE, {})
    assert tree(tmp_path / "splits") == tree(tmp_path / "expected")
    assert splits.read_paths("train", tmp_path / "splits") == [ODD[row] for row in kept]


def test_paths_of_any_characters_are_read_as_written(tmp_path: Path) -> None:
    with splits.writer((4, 5, 1), tmp_path / "splits") as out:
        out.append("test", split(7), ODD)
        out.finish(INTERFACE, {})
    assert splits.read_paths("test", tmp_path / "splits") == ODD
    assert splits.read_paths("train", tmp_path / "splits") == []


@pytest.mark.parametrize("damage", ["", "[", "\x00"])
def test_missing_or_damaged_paths_are_refused(root: Path, damage: str) -> None:
    path = root / "train" / "paths.jsonl"
    path.write_text(damage) if damage else path.unlink()
    with pytest.raises(UserError, match=r"paths.jsonl.*dvc repro preprocess"):
        splits.read_paths("train", root)


def test_images_can_come_after_some_were_left_out(out: Writer) -> None:
    whole = split(7)
    append(out, "train", whole)
    out.remove("train", np.array([0, 3]))
    append(out, "train", whole)
    rows = np.array([1, 2, 4, 5, 6, *range(7)])
    assert out.labels("train").tolist() == whole.labels[rows].tolist()
    np.testing.assert_array_equal(out.images("train", np.arange(12)), whole.images[rows])


def test_the_description_counts_what_is_left_and_names_what_is_excluded(tmp_path: Path) -> None:
    excluded = {"b.png": "truncated", "ä.png": "no image"}
    with splits.writer((4, 5, 1), tmp_path / "splits") as out:
        append(out, "train", split(7))
        append(out, "test", split(2))
        out.remove("train", np.array([1]))
        out.finish(INTERFACE, excluded)
    meta = splits.read_meta(tmp_path / "splits")
    assert meta.counts == {"train": 6, "val": 0, "test": 2}
    assert meta.excluded == excluded
    assert meta.interface == INTERFACE


def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    with splits.writer((4, 5, 1), tmp_path / "splits") as out:
        append(out, "train", split(7))
        out.finish(INTERFACE, {})
        assert not (tmp_path / "splits").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"splits"}


def test_a_run_that_fails_leaves_the_splits_of_before(root: Path) -> None:
    def fail() -> NoReturn:
        with splits.writer((9, 9, 3), root) as out:
            append(out, "train", Split(np.zeros((1, 9, 9, 3), np.uint8), np.array([0])))
            raise UserError("a mistake")

    before = tree(root)
    with pytest.raises(UserError, match="a mistake"):
        fail()
    assert tree(root) == before
    assert {path.name for path in root.parent.iterdir()} == {"splits"}


def test_a_run_that_is_killed_leaves_nothing_in_the_place_and_the_next_one_succeeds(
    tmp_path: Path,
) -> None:
    root = tmp_path / "splits"
    command = [sys.executable, "-c", KILLED, str(root)]
    result = subprocess.run(command, cwd=Path(__file__).parents[3], check=False)
    assert result.returncode == -signal.SIGKILL
    assert not root.exists()
    store(PARTS, root)
    assert splits.read_meta(root) == META
    assert {path.name for path in tmp_path.iterdir()} == {"splits"}


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    message = "splits: cannot be written: No space left on device; free some space"
    with pytest.raises(UserError, match=message), splits.writer((4, 5, 1), tmp_path / "splits"):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


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


@pytest.mark.parametrize("name", NAMES)
def test_splits_that_were_never_made_are_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=rf"{name}/images\.npy: is missing"):
        splits.read(name, tmp_path / "splits")


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


@pytest.mark.parametrize(("place", "label"), [(0, 2), (-1, -1), (3, 2**62), (5, -(2**63))])
def test_a_label_of_no_class_is_refused(root: Path, place: int, label: int) -> None:
    labels = np.load(root / "train/labels.npy")
    labels[place] = label
    np.save(root / "train/labels.npy", labels)
    message = complaint(root)
    assert message.startswith(f"{root}/train: cannot be read (labels are ")
    assert message.endswith(f"of 2 classes, from 0); {REMEDY}")


@pytest.mark.parametrize("cut", [np.s_[:-1], np.s_[:, :-1], np.s_[:, :, 1:], np.s_[:0]])
def test_images_other_than_the_description_says_are_refused(root: Path, cut: tuple[slice]) -> None:
    images, labels = np.load(root / "train/images.npy"), np.load(root / "train/labels.npy")
    kept = images[cut].copy()
    np.save(root / "train/images.npy", kept)
    np.save(root / "train/labels.npy", labels[: len(kept)])
    assert f"(images are {[*kept.shape]}, meta.json says {[*images.shape]})" in complaint(root)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("mean", [0.5, 0.5], "2 means and 1 standard deviations for 1 channels"),
        ("std", [], "1 means and 0 standard deviations for 1 channels"),
        ("std", [0.0], "standard deviations are [0.0], expected above 0"),
        ("classes", [], "classes are none, or one name is there twice"),
        ("classes", ["dark", "dark"], "classes are none, or one name is there twice"),
    ],
)
def test_a_description_that_no_network_can_be_made_for_is_refused(
    root: Path, key: str, value: object, reason: str
) -> None:
    meta = json.loads((root / "meta.json").read_text("utf-8"))
    meta["interface"][key] = value
    (root / "meta.json").write_text(json.dumps(meta), "utf-8")
    with pytest.raises(UserError) as caught:
        splits.read_meta(root)
    assert reason in str(caught.value)


@pytest.mark.parametrize("text", ['"a"\n', "", '"a"\n3\n', "[]\n" * 6, "{\n"])
def test_names_other_than_one_for_each_image_are_refused(root: Path, text: str) -> None:
    (root / "train/paths.jsonl").write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"train/paths\.jsonl: cannot be read \("):
        splits.read_paths("train", root)
