import pytest
from packing import packed, seen

from stages.errors import UserError
from stages.sources import pairs


def test_images_and_labels_in_folders_of_their_own_pair_by_stem() -> None:
    found = pairs.load(
        packed(
            {
                "ants_image/0013035.jpg": b"1",
                "ants_label/0013035.txt": b"ants",
                "bees_image/0013035.jpg": b"2",
                "bees_label/0013035.txt": b"bees",
            }
        )
    )
    assert found.classes == ("ants", "bees")
    assert seen(found) == {
        "train": {"ants_image/0013035.jpg": "ants", "bees_image/0013035.jpg": "bees"}
    }


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("1.jpg", "1.txt"),
        ("a/1.jpg", "a/1.txt"),
        ("images/1.jpg", "labels/1.txt"),
        ("1.jpg", "labels/1.txt"),
        ("pics/1.jpg", "classes/1.TXT"),
        ("all/Images/1.b.jpg", "all/Labels/1.b.txt"),
        ("imgs/ants/1.jpg", "annotations/ants/1.txt"),
    ],
)
def test_a_pair_is_found(image: str, label: str) -> None:
    found = pairs.load(packed({image: b"1", label: b"ants"}))
    assert seen(found) == {"train": {image: "ants"}}


@pytest.mark.parametrize("folders", ["{split}/ants_{kind}", "{kind}s/{split}", "all/{split}"])
def test_split_folders_make_splits(folders: str) -> None:
    files = {}
    for split in ("Train", "valid", "test"):
        files[folders.format(split=split, kind="image") + "/1.jpg"] = b"1"
        files[folders.format(split=split, kind="label") + "/1.txt"] = split.encode()
    found = pairs.load(packed(files))
    assert {split: [*labels.values()] for split, labels in seen(found).items()} == {
        "train": ["Train"],
        "val": ["valid"],
        "test": ["test"],
    }


def test_two_folders_for_one_split_are_refused_as_in_a_layout_of_folders() -> None:
    files = dict[str, bytes]()
    for split in ("train", "val", "dev"):
        files |= {f"{split}/{split}.jpg": b"1", f"{split}/{split}.txt": b"ant"}
    with pytest.raises(UserError, match=r"two folders for one split; merge .*:\nval: dev, val$"):
        pairs.load(packed(files))
    inner = {f"val/{name}.{kind}": b"1" for name in ("a", "valid b/c") for kind in ("jpg", "txt")}
    train = {"train/1.jpg": b"1", "train/1.txt": b"1"}
    assert len(seen(pairs.load(packed(inner | train)))["val"]) == len(inner) // 2


@pytest.mark.parametrize("text", [b"red ant", b"\xef\xbb\xbfred ant\r\n", b"\n\t red ant \n\n"])
def test_white_space_and_marks_are_no_part_of_a_label(text: bytes) -> None:
    assert pairs.load(packed({"1.jpg": b"1", "1.txt": text})).classes == ("red ant",)


def test_a_label_in_the_other_form_pairs() -> None:
    files = {"caf\u00e9.jpg": b"1", "cafe\u0301.txt": b"ants"}
    assert seen(pairs.load(packed(files))) == {"train": {"caf\u00e9.jpg": "ants"}}


def test_two_forms_of_one_name_are_two_pairs() -> None:
    files = {
        "caf\u00e9.jpg": b"1",
        "caf\u00e9.txt": b"a",
        "cafe\u0301.jpg": b"2",
        "cafe\u0301.txt": b"b",
    }
    assert seen(pairs.load(packed(files))) == {
        "train": {"caf\u00e9.jpg": "a", "cafe\u0301.jpg": "b"}
    }


@pytest.mark.parametrize(
    ("train", "test"),
    [("training_set", "test_set"), ("seg_train", "seg_test"), ("train2017", "test2017")],
)
def test_splits_are_known_in_the_spellings_people_use(train: str, test: str) -> None:
    files = {f"{train}/1.jpg": b"1", f"{train}/1.txt": b"a", f"{test}/2.jpg": b"2"}
    found = pairs.load(packed({**files, f"{test}/2.txt": b"a"}))
    assert [*found.splits] == ["train", "test"]


def test_an_image_in_two_splits_is_named() -> None:
    files = {"train/test/1.jpg": b"1", "train/test/1.txt": b"a"}
    with pytest.raises(UserError, match=r"folders of two splits.*\ntrain/test/1.jpg: test and tr"):
        pairs.load(packed(files))


def test_a_label_that_is_no_label_is_not_read() -> None:
    with pytest.raises(UserError, match=r"1.txt: has more than 65,536 bytes"):
        pairs.load(packed({"1.jpg": b"1", "1.txt": b"a" * 70_000}))


def test_labels_that_look_alike_are_named() -> None:
    files = {"1.jpg": b"1", "1.txt": b"ants", "2.jpg": b"2", "2.txt": "ant\u200bs".encode()}
    with pytest.raises(UserError, match=r"look alike.*\nants, ant\\u200bs"):
        pairs.load(packed(files))


def test_documents_and_junk_are_passed_over() -> None:
    files = {"1.jpg": b"1", "1.txt": b"a", "README.txt": b"hello", "LICENSE": b"MIT", ".x": b"1"}
    assert pairs.load(packed(files)).passed_over == {"document": 2, "hidden file": 1}


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"2.jpg": b"2"}, "2.jpg: has no label"),
        ({"2.txt": b"a"}, "2.txt: has no image"),
        ({"1.png": b"2"}, "1.jpg, 1.png: have one label between them"),
        ({"2.jpg": b"2", "2.txt": b"\n "}, "2.txt: holds 0 lines of text, must hold one"),
        ({"2.jpg": b"2", "2.txt": b"a\nb"}, "2.txt: holds 2 lines of text, must hold one"),
        ({"2.jpg": b"2", "2.txt": b"\xff\xfea\0"}, "2.txt: is not text in UTF-8"),
        ({"b_image/1.jpg": b"2", "c_label/1.txt": b"c"}, "b_image/1.jpg: has no label"),
    ],
)
def test_what_does_not_pair_is_named(files: dict[str, bytes], line: str) -> None:
    sound = {"a_image/1.jpg": b"1", "a_label/1.txt": b"a", "1.jpg": b"1", "1.txt": b"a"}
    with pytest.raises(UserError, match="images and labels do not pair") as caught:
        pairs.load(packed(sound | files))
    assert line in str(caught.value)


def test_all_that_does_not_pair_is_named_at_once() -> None:
    with pytest.raises(UserError, match=r"\n1.jpg: has no label\n2.txt: has no image$"):
        pairs.load(packed({"1.jpg": b"1", "2.txt": b"a"}))


def test_an_image_in_no_split_beside_others_in_splits_is_named() -> None:
    files = {"train/1.jpg": b"1", "train/1.txt": b"a", "2.jpg": b"2", "2.txt": b"b"}
    with pytest.raises(UserError, match=r"images in no split.*\n2.jpg$"):
        pairs.load(packed(files))


@pytest.mark.parametrize("files", [{}, {"1.txt": b"a"}, {"README.md": b"a"}])
def test_without_an_image_the_layout_is_explained(files: dict[str, bytes]) -> None:
    with pytest.raises(UserError, match=r"source: holds no image; expected"):
        pairs.load(packed(files))


def test_where_no_image_has_a_label_the_other_layout_is_named() -> None:
    with pytest.raises(UserError, match=r"none of its 2 files .* set download.dataset to folder"):
        pairs.load(packed({"ants/1.jpg": b"1", "bees/2.jpg": b"2"}))
