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
    with pytest.raises(
        UserError, match=r"source: holds no image.*train/<class>/<image>.*label_pattern"
    ):
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


def test_a_table_beside_a_split_without_classes_is_named() -> None:
    with pytest.raises(UserError, match=r"or set download\.table: test\.csv, if .*labels:\ntest$"):
        folder.load(store("train/ants/1", "test/1.jpg", "test.csv"))


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


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training_set", "test_set"),
        ("training_set/training_set", "test_set/test_set"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("Train_Data", "Test_Data"),
        ("trainset", "testset"),
        ("train_images", "test_images"),
        ("train2017", "test2017"),
        ("flowers-train", "flowers-test"),
        ("train/images", "test/images"),
        ("train/animals", "test/animals"),
        ("partial-train", "partial-test"),
        ("all/data/Training", "all/data/Testing"),
    ],
)
def test_splits_are_known_in_the_spellings_people_use(train: str, test: str) -> None:
    found = folder.load(store(f"{train}/cats/1", f"{train}/dogs/2", f"{test}/cats/3"))
    assert found.classes == ("cats", "dogs")
    assert seen(found)["test"] == {f"{test}/cats/3": "cats"}


@pytest.mark.parametrize("train", ["training_set", "cifar_train", "train/images", "train/train"])
def test_a_split_may_stand_alone(train: str) -> None:
    found = folder.load(store(f"{train}/cats/1", f"{train}/dogs/2"))
    assert (found.classes, list(found.splits)) == (("cats", "dogs"), ["train"])


def test_a_test_split_that_stands_alone_is_no_train() -> None:
    assert list(folder.load(store("cifar_test/cats/1", "cifar_test/dogs/2")).splits) == ["test"]


@pytest.mark.parametrize(
    "classes",
    [
        ("train", "car"),
        ("test tube", "bullet train"),
        ("development", "trainers"),
        ("valid", "invalid"),
        ("train station", "airport"),
        ("test", "toast"),
        ("dev board", "test rig"),
        ("train set", "tea set"),
    ],
)
def test_no_class_is_taken_for_a_split(classes: tuple[str, str]) -> None:
    found = folder.load(store(*(f"{name}/1.jpg" for name in classes)))
    assert found.classes == tuple(sorted(classes))
    assert list(found.splits) == ["train"]
    within = folder.load(store(*(f"train/{name}/1.jpg" for name in classes)))
    assert within.classes == tuple(sorted(classes))


def test_a_wrapper_may_be_called_like_a_split() -> None:
    found = folder.load(store("test/train/a/1", "test/train/b/2", "test/val/a/3"))
    assert (found.classes, list(found.splits)) == (("a", "b"), ["train", "val"])


def test_one_class_of_a_split_keeps_its_folders() -> None:
    names = ["train/ants/red/1.jpg", "train/ants/2.jpg", "train/bees/3.jpg", "val/ants/red/4.jpg"]
    assert folder.load(store(*names, "val/ants/5.jpg")).classes == ("ants", "bees")


@pytest.mark.parametrize(
    ("names", "seen_in_message"),
    [
        (["fold1/cats/1.jpg", "fold1/dogs/2.jpg", "fold2/cats/3.jpg"], "fold1"),
        (["color/a/1.jpg", "gray/a/1.jpg", "segmented/a/1.jpg"], "a come again"),
        (["color/a/1.jpg", "color/b/1.jpg", "gray/a/1.jpg", "gray/b/1.jpg"], "color: a, b"),
        (["images/1.jpg", "masks/1.png"], "images\nmasks"),
        (["train/images/1.jpg", "train/labels/1.txt"], "train/images\ntrain/labels"),
        (["x/JPEGImages/1.jpg", "x/Annotations/1.xml"], "x/JPEGImages"),
        (["part1/1.jpg", "part2/2.jpg", "part3/3.jpg"], "part1\npart2\npart3"),
        (["a/images/1.jpg", "a/masks/1.png", "b/images/1.jpg", "b/masks/1.png"], "images, masks"),
        (["amazon/images/bike/1.jpg", "dslr/images/bike/2.jpg"], "images come again"),
        (["dogs/husky/1.jpg", "cats/siamese/2.jpg", "cats/persian/3.jpg"], "dogs: husky"),
        (["2019/ants/1.jpg", "2020/ants/2.jpg", "2021/bees/1.jpg", "x/1.jpg"], "2019: ants"),
        (["Plants/a/1.jpg", "Plants/b/2.jpg", "a/1.jpg", "b/2.jpg"], "Plants: a, b"),
        (["train/n01/images/1.jpg", "val/images/2.jpg"], "val/images"),
        (["train/s1/cat/1.jpg", "train/s2/cat/1.jpg", "test/s1/cat/1.jpg"], "train/s1: cat"),
    ],
)
def test_another_layout_is_shown_and_not_guessed(names: list[str], seen_in_message: str) -> None:
    with pytest.raises(UserError, match=r"(?s)source: .*download\.(dataset|path)") as caught:
        folder.load(store(*names))
    assert seen_in_message in str(caught.value)


@pytest.mark.parametrize(
    "names",
    [
        ["ants/close_up/1.jpg", "ants/2.jpg", "bees/close_up/3.jpg", "bees/4.jpg"],
        ["ants/red/1.jpg", "bees/2.jpg"],
        ["ants/ants/1.jpg", "bees/bees/2.jpg"],
        ["ants/images/1.jpg", "bees/images/2.jpg"],
        ["images/1.jpg", "ants/2.jpg"],
        ["train/ants/x/1.jpg", "train/bees/2.jpg", "val/ants/x/3.jpg", "val/bees/4.jpg"],
    ],
)
def test_folders_within_class_folders_remain_fine(names: list[str]) -> None:
    assert len(folder.load(store(*names)).classes) == 2


def test_what_lies_beside_known_splits_is_named() -> None:
    with pytest.raises(UserError, match=r"folders beside split folders.*\nseg_pred$"):
        folder.load(store("seg_train/seg_train/a/1", "seg_test/seg_test/a/2", "seg_pred/x/3"))


def test_a_class_spelt_in_two_forms_is_one() -> None:
    composed, decomposed = "train/caf\u00e9/1.jpg", "val/cafe\u0301/1.jpg"
    found = folder.load(store(composed, decomposed))
    assert found.classes == ("caf\u00e9",)
    assert seen(found) == {
        "train": {composed: "caf\u00e9"},
        "val": {"val/caf\u00e9/1.jpg": "caf\u00e9"},
    }


def test_a_split_in_itself_without_classes_is_named() -> None:
    names = [
        "asl_train/asl_train/A/1.jpg",
        "asl_train/asl_train/B/2.jpg",
        "asl_test/asl_test/3.jpg",
    ]
    with pytest.raises(UserError, match=r"without class folders.*\nasl_test/asl_test$"):
        folder.load(store(*names))


def test_no_name_of_a_folder_forges_a_line() -> None:
    with pytest.raises(UserError) as caught:
        folder.load(packed({"a\nb\x1b[2J/": b"", "x/1": b"1"}))
    assert str(caught.value).splitlines()[1:] == ["a\\nb\\x1b[2J"]


def test_what_is_passed_over_is_named() -> None:
    found = folder.load(packed({"a/1": b"1", "x": b"1", "a/2.jpg": b"", "a/.b": b"1"}))
    assert found.examples == {
        "empty file": ["a/2.jpg"],
        "hidden file": ["a/.b"],
        "outside a class folder": ["x"],
    }


def test_of_many_that_are_passed_over_some_are_named() -> None:
    found = folder.load(store("a/1", *(f"{number:03}" for number in range(200))))
    assert found.passed_over == {"outside a class folder": 200}
    assert found.examples["outside a class folder"] == [f"{number:03}" for number in range(50)]


@pytest.mark.parametrize("name", ["photos.zip", "set.tar.gz", "B.ZIP"])
def test_an_archive_in_the_folder_is_named_as_the_path_that_is_meant(name: str) -> None:
    with pytest.raises(UserError, match=rf"set download.path to source/{name}$"):
        folder.load(store(name, "README.md"))
