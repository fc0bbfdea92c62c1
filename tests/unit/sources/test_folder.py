import pytest
from packing import packed, seen, store

from stages.artifacts.raw import Image
from stages.errors import UserError
from stages.sources import folder


def test_the_folder_of_an_image_is_its_class() -> None:
    found = folder.load(store("bees/2.png", "ants/1.jpg", "bees/1.PNG"))
    assert found.classes == ("ants", "bees")
    assert seen(found) == {
        "train": {"ants/1.jpg": "ants", "bees/1.PNG": "bees", "bees/2.png": "bees"}
    }


def test_images_are_read_as_they_are() -> None:
    found = folder.load(packed({"a/1": b"\0\xff", "b/2": b"2"}))
    assert [*found.splits["train"]] == [Image(b"\0\xff", "a/1", 0), Image(b"2", "b/2", 1)]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("Train", "train"),
        ("val", "val"),
        ("valid", "val"),
        ("validation", "val"),
        ("VAL", "val"),
        ("test", "test"),
    ],
)
def test_a_folder_above_the_classes_names_the_split(name: str, split: str) -> None:
    found = folder.load(store(f"{name}/ants/1", f"{name}/bees/2"))
    assert seen(found) == {split: {f"{name}/ants/1": "ants", f"{name}/bees/2": "bees"}}


def test_splits_come_in_the_order_of_their_use() -> None:
    found = folder.load(store("test/a/1", "val/a/1", "train/a/1"))
    assert list(found.splits) == ["train", "val", "test"]


def test_a_class_need_not_be_in_every_split() -> None:
    found = folder.load(store("test/b/1", "train/a/1"))
    assert seen(found) == {"train": {"train/a/1": "a"}, "test": {"test/b/1": "b"}}


@pytest.mark.parametrize("wrapper", ["data/", "data/photos/all/"])
def test_single_folders_around_all_count_for_nothing(wrapper: str) -> None:
    split = folder.load(store(f"{wrapper}train/ants/1", f"{wrapper}val/bees/2"))
    assert split.classes == ("ants", "bees")
    assert list(split.splits) == ["train", "val"]
    assert folder.load(store(f"{wrapper}ants/1", f"{wrapper}bees/2")).classes == ("ants", "bees")


def test_what_lies_deeper_belongs_to_the_class_folder() -> None:
    found = folder.load(store("train/ants/red/big/1", "train/ants/2", "train/bees/3"))
    assert set(seen(found)["train"].values()) == {"ants", "bees"}


def test_files_outside_class_folders_are_counted() -> None:
    found = folder.load(store("README.md", "all/index.html", "all/train/list.txt", "all/train/a/1"))
    assert found.passed_over == {"outside a class folder": 3}


def test_junk_is_counted_beside_them() -> None:
    found = folder.load(packed({"a/.DS_Store": b"1", "a/empty": b"", "a/1": b"1", "x": b"1"}))
    assert found.passed_over == {
        "hidden file": 1,
        "empty file": 1,
        "outside a class folder": 1,
    }


def test_classes_may_be_called_like_splits_where_they_hold_images() -> None:
    assert folder.load(store("train/1", "car/2")).classes == ("car", "train")


@pytest.mark.parametrize("names", [["README.md"], ["1.jpg", "2.jpg"], []])
def test_without_an_image_in_a_class_folder_the_layout_is_explained(names: list[str]) -> None:
    with pytest.raises(UserError, match=r"source: holds no image.*train/<class>/<image>"):
        folder.load(store(*names))


def test_a_class_folder_without_an_image_is_named() -> None:
    with pytest.raises(UserError, match=r"class folders without an image.*\ntrain/bees$"):
        folder.load(packed({"train/ants/1": b"1", "train/bees/": b"", "train/bees/.x": b"1"}))


def test_a_split_folder_without_classes_is_named() -> None:
    with pytest.raises(UserError, match=r"split folders without class folders(.|\n)*\ntest$"):
        folder.load(store("train/ants/1", "test/1.jpg"))
    with pytest.raises(
        UserError, match=r"split folders without class folders(.|\n)*\ntest\ntrain$"
    ):
        folder.load(store("train/1.jpg", "test/1.jpg"))


def test_a_folder_beside_the_splits_is_named() -> None:
    with pytest.raises(UserError, match=r"folders beside split folders.*\nextra$"):
        folder.load(store("train/ants/1", "val/ants/1", "extra/1"))


def test_two_folders_for_one_split_are_named() -> None:
    with pytest.raises(UserError, match=r"two folders for one split.*\nval: val, valid$"):
        folder.load(store("train/ants/1", "val/ants/1", "valid/ants/1"))


def test_splits_in_class_folders_are_named() -> None:
    with pytest.raises(UserError, match=r"split folders in class folders.*\nants/test\n"):
        folder.load(store("ants/train/1", "ants/test/2", "bees/train/1", "bees/test/2"))


def test_classes_that_differ_in_case_only_are_named() -> None:
    with pytest.raises(UserError, match=r"upper and lower case only.*\nAnts, ants$"):
        folder.load(store("train/Ants/1", "val/ants/2"))


def test_letters_are_classes_of_their_own() -> None:
    assert folder.load(store("A/1", "a/2")).classes == ("A", "a")


def test_a_long_report_is_cut() -> None:
    empty = {f"{number:03}/": b"" for number in range(100)}
    with pytest.raises(UserError, match=r"\n019\n\.\.\. and 80 more$"):
        folder.load(packed({**empty, "x/1": b"1"}))
