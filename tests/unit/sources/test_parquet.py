import json
from functools import partial
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from packing import as_zip, packed, params, plant

from stages.artifacts import raw
from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import archive, digits, origin, parquet
from stages.sources.store import Member, Store

IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def shard(
    label: object = (0, 1), names: object = None, name: str = "label", **columns: object
) -> bytes:
    """Return a file of two images."""
    image = pa.array([{"bytes": b"1", "path": "a.png"}, {"bytes": b"2", "path": None}], IMAGE)
    features = {"image": {"_type": "Image"}, name: {"_type": "ClassLabel", "names": names}}
    described = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    table = pa.table({"image": image, name: label} | columns)
    file = BytesIO()
    pq.write_table(table.replace_schema_metadata(described if names else None), file)
    return file.getvalue()


def load(label_column: str = "label", **files: bytes) -> Raw:
    named = {f"{name}.parquet": data for name, data in files.items()}
    return parquet.load(packed(named), params(label_column=label_column))


def test_what_download_wrote_comes_in_as_it_went_out(tmp_path: Path) -> None:
    raw.write(digits.load(), tmp_path)
    again = parquet.load(origin.folder_store(tmp_path), params())
    assert again.classes == digits.load().classes
    assert [*again.splits["train"]] == [*digits.load().splits["train"]]


def test_names_of_the_schema_are_the_classes_in_their_order() -> None:
    found = load(train=shard([1, 0], ["cat", "ant", "bee"]))
    assert found.classes == ("cat", "ant", "bee")
    assert [image.label for image in found.splits["train"]] == [1, 0]


def test_numbers_without_names_are_classes_in_the_order_of_numbers() -> None:
    found = load(train=shard([10, 9]))
    assert found.classes == ("9", "10")
    assert [image.label for image in found.splits["train"]] == [1, 0]


def test_texts_are_classes_in_the_order_of_the_alphabet() -> None:
    coded = pa.array(["b", "a"]).dictionary_encode()
    for labels in (["b", "a"], coded):
        found = load(train=shard(labels))
        assert found.classes == ("a", "b")
        assert [image.label for image in found.splits["train"]] == [1, 0]


def test_an_image_without_a_path_is_called_by_file_and_row() -> None:
    found = load(train=shard())
    assert [*found.splits["train"]] == [
        Image(b"1", "a.png", 0),
        Image(b"2", "train.parquet/000001", 1),
    ]


def test_plain_bytes_are_images() -> None:
    found = load(train=shard(image=pa.array([b"3", b"4"], pa.large_binary())))
    assert [image.data for image in found.splits["train"]] == [b"3", b"4"]


@pytest.mark.parametrize("column", ["img", "photo"])
def test_a_column_of_images_is_known_by_its_type(column: str) -> None:
    file = BytesIO()
    pq.write_table(pa.table({"label": ["a"], column: [b"1"], "width": [3]}), file)
    assert next(iter(load(train=file.getvalue()).splits["train"])).data == b"1"


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train-00000-of-00002", "train-00001-of-00002"], ["train"]),
        (["data/test-00000-of-00001", "data/train-00000-of-00001"], ["train", "test"]),
        (
            ["plain/test/0000", "plain/train/0000", "plain/validation/0000"],
            ["train", "val", "test"],
        ),
        (["photos"], ["train"]),
        (["photos-00000-of-00002", "photos-00001-of-00002"], ["train"]),
        (["default/0000", "default/0001"], ["train"]),
        (["Validation", "test_set"], ["val", "test"]),
        (["cifar10-train", "cifar10-test"], ["train", "test"]),
        (["mnist_train", "mnist_test"], ["train", "test"]),
        (["cifar10.train", "cifar10.test"], ["train", "test"]),
        (["train1", "train2", "test1"], ["train", "test"]),
        (["FlowersTrain", "FlowersValid"], ["train", "val"]),
        (["partial-train/0000", "partial-train/0001", "partial-test/0000"], ["train", "test"]),
        (["validation/val_a", "validation/b", "train/0"], ["train", "val"]),
        (["testing/a_train", "testing/a_dev"], ["train", "val"]),
        (["test/0000"], ["test"]),
        (["train2014", "train2017", "val2017"], ["train", "val"]),
    ],
)
def test_the_names_of_files_tell_the_splits(names: list[str], splits: list[str]) -> None:
    found = parquet.load(packed({f"{name}.parquet": shard() for name in names}), params())
    assert list(found.splits) == splits
    assert sum(len([*images]) for images in found.splits.values()) == 2 * len(names)


def test_files_follow_in_the_order_of_their_names() -> None:
    names = ["train-00001-of-00002.parquet", "train-00000-of-00002.parquet"]
    files = {name: shard(image=[name.encode(), b""]) for name in names}
    data = [image.data for image in parquet.load(packed(files), params()).splits["train"]]
    assert data == [names[1].encode(), b"", names[0].encode(), b""]


def test_from_an_archive_as_from_a_folder(tmp_path: Path) -> None:
    files = {"data/train-00000-of-00001.parquet": shard()}
    (tmp_path / "x").write_bytes(as_zip(files))
    packed_up = archive.store(tmp_path / "x", "x", archive.Bounds(10**6, tmp_path))
    loose = origin.folder_store(plant(tmp_path / "loose", files))
    assert [*parquet.load(packed_up, params()).splits["train"]] == [
        *parquet.load(loose, params()).splits["train"]
    ]


def test_other_files_are_counted() -> None:
    files = {"train.parquet": shard(), "README.md": b"1", ".gitattributes": b"1"}
    found = parquet.load(packed(files), params())
    assert found.passed_over == {"no parquet file": 1, "hidden file": 1}


def test_the_only_column_with_class_names_is_the_label() -> None:
    found = load(train=shard(names=["a", "b"], name="fine_label"))
    assert found.classes == ("a", "b")


def test_a_parameter_chooses_between_labels() -> None:
    coarse = shard(names=["a", "b"], name="fine", coarse=["x", "y"])
    assert load("coarse", train=coarse).classes == ("x", "y")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (shard(name="fine"), "has no column label; set download.label_column.*image, fine"),
        (shard(image=["x", "y"]), "has no column of images.*columns are image, label"),
        (shard([0.5, 1.5]), "column label must hold whole numbers or text, holds double"),
        (b"PAR1", "train.parquet: cannot be read"),
        (shard()[:-20], "train.parquet: cannot be read"),
        (b"", "holds no .parquet file"),
    ],
)
def test_a_file_of_another_layout_is_named(data: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(train=data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (shard(image=pa.array([{"path": "a.png"}, {"bytes": b"1"}], IMAGE)), "no bytes, but a.png"),
        (
            shard(image=pa.array([{"path": "a\n\x1b[2J"}, {}], IMAGE)),
            r"no bytes, but a\\n\\x1b\[2J",
        ),
        (shard(image=pa.array([{"bytes": b"1"}, {}], IMAGE)), "row 1: the image cell is empty; "),
        (shard(image=pa.array([{"bytes": b"1"}, None], IMAGE)), "row 1: the image cell is empty; "),
        (shard(image=pa.array([b"1", None])), "row 1: the image cell is empty; leave the row out"),
        (shard([0, 2], ["a", "b"]), "row 1: label 2 is not one of 2 classes"),
        (shard([-1, 0], ["a", "b"]), "row 0: label -1 is not one of 2 classes"),
        (shard([None, "a"]), "row 0: label None is not one of 1 classes"),
    ],
)
def test_an_image_that_lacks_something_is_named(data: bytes, message: str) -> None:
    with pytest.raises(UserError, match=rf"source: train.parquet: .*{message}"):
        list(load(train=data).splits["train"])


def test_bytes_damaged_on_the_way_are_noticed() -> None:
    data = bytearray(shard(image=pa.array([{"bytes": b"1" * 10000}] * 2, IMAGE)))
    data[4:40] = b"\xff" * 36
    with pytest.raises(UserError, match=r"train.parquet: cannot be read"):
        list(load(train=bytes(data)).splits["train"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train-00000-of-00002"], "train: train has 1 of 2 parts"),
        (["train-00001-of-00001"], "train: train has 1 of 1 parts"),
        (["a/train-00000-of-00001", "b/train-00000-of-00001"], "train: is there as a/train, b/tra"),
        (["train", "photos"], "rename them:\nphotos.parquet"),
        (["train-00000-of-00002", "train-00000-of-00003"], "train: is there as train of 2, train"),
        (["train/0000", "train/0002"], "train: train/ has 2 parts, with the numbers 0, 2"),
        (["photos", "more_photos"], "several files, and no name tells the split"),
        (["photos2014", "photos2017"], "several files, and no name tells the split"),
        (["a/0000", "b/0000"], "several files, and no name tells the split"),
        (["train", "val", "dev"], "dev, val are one split here; keep one of them there, or give"),
        (["testing/val", "testing/dev"], "dev, val are one split here"),
        (["val/0000", "dev/0000"], "dev, val are one split here"),
        (["train1", "training2"], "train, training are one split here"),
        (["test_images_train"], "speak of several splits; name each file"),
        (["train/test_batch", "val/1"], "several splits"),
        (["trainers", "latest"], "no name tells the split"),
    ],
)
def test_a_split_that_is_not_whole_is_named(names: list[str], message: str) -> None:
    with pytest.raises(UserError, match="source: ") as caught:
        parquet.load(packed({f"{name}.parquet": shard() for name in names}), params())
    assert message in str(caught.value)


def test_files_with_other_classes_are_named() -> None:
    with pytest.raises(UserError, match=r"differ between train.parquet and test.parquet"):
        load(train=shard(names=["a", "b"]), test=shard(names=["b", "a"]))


def test_classes_of_one_name_are_numbered_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = load(train=shard([0, 2], ["crane", "dog", "crane"]))
    assert found.classes == ("crane", "dog", "crane (2)")
    assert [image.label for image in found.splits["train"]] == [0, 2]
    assert "source: classes of one name are numbered: crane (2)\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (shard(["Crane", "crane"]), "Crane, crane"),
        (shard(names=["Crane", "crane"]), "Crane, crane"),
        (shard(["cafe", "cafe\u200b"]), r"cafe, cafe\\u200b"),
        (shard(names=["ants", "\uff41nts"]), "look alike"),
        (shard(["a", " "]), "a name in which nothing is seen"),
        (shard(names=["a", "\u3164"]), "a name in which nothing is seen"),
    ],
)
def test_names_that_look_alike_are_refused_as_in_a_folder(data: bytes, message: str) -> None:
    with pytest.raises(UserError, match=rf"(?s)^source: .*{message}"):
        load(train=data)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["caf\u00e9", "cafe\u0301"], ("caf\u00e9",)),
        ([" b", "a "], ("b", "a")),
        (["a\nb", "c"], ("a b", "c")),
    ],
)
def test_texts_become_classes_of_normal_names(labels: list[str], classes: tuple[str, ...]) -> None:
    assert load(train=shard(labels)).classes == classes


@pytest.mark.parametrize("names", [{"1": "cat", "0": "dog"}, {"0": "dog", "1": "cat"}])
def test_numbered_names_of_older_files_are_understood(names: dict[str, str]) -> None:
    assert load(train=shard(names=names)).classes == ("dog", "cat")


def bomb(kind: str) -> bytes:
    """Return a small file of three images, of which one is 50 MB of zeros."""
    images = [{"bytes": b"1"}, {"bytes": bytes(50 * 10**6)}, {"bytes": b"2"}]
    file = BytesIO()
    pq.write_table(
        pa.table({"image": pa.array(images, IMAGE), "label": [0, 1, 0]}),
        file,
        compression=kind,
        use_dictionary=kind == "gzip",
        write_statistics=False,
        row_group_size=2,
    )
    return file.getvalue()


@pytest.mark.parametrize("kind", ["zstd", "gzip", "brotli"])
def test_a_bomb_is_refused_before_an_image_is_read(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object, **__: object) -> None:
        pytest.fail("it was read")

    data = bomb(kind)
    assert len(data) < 10**5
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", read)
    store = Store("source", [Member("train.parquet", len(data), lambda: BytesIO(data))], 10**6)
    with pytest.raises(UserError, match=r"train.parquet: unpacks to more than 1,000,000 bytes"):
        parquet.load(store, params())


def test_several_files_count_together() -> None:
    data = {name: shard(image=[b"1" * 600, b"2" * 600]) for name in ("train", "test")}
    members = [
        Member(f"{name}.parquet", 1, partial(BytesIO, content)) for name, content in data.items()
    ]
    assert parquet.load(Store("source", members, 10**4), params()).classes == ("0", "1")
    with pytest.raises(UserError, match="unpacks to more than 1,500 bytes"):
        parquet.load(Store("source", members, 1500), params())


def test_no_name_of_the_data_forges_a_line() -> None:
    evil = "a\nERROR: b\x1b[2J\u202e"
    sources = [
        {f"train{evil}.parquet": b"PAR1"},
        {f"{evil}.parquet": shard(), "train.parquet": shard()},
        {"train.parquet": shard(name=evil)},
        {"train.parquet": shard(), f"test{evil}.parquet": shard(["a", "b"])},
        {"train.parquet": shard([evil, evil + "\u200b"])},
    ]
    for files in sources:
        with pytest.raises(UserError) as caught:
            parquet.load(packed(files), params())
        lines = str(caught.value).split("\n")
        assert all(line.isprintable() and not line.startswith("ERROR") for line in lines)


@pytest.mark.parametrize(
    "names", [{"1": "cat", "2": "dog"}, {"0": "cat", "2": "dog"}, {"0": "cat", "x": "dog"}]
)
def test_classes_whose_numbers_have_a_gap_are_not_moved_up(names: dict[str, str]) -> None:
    with pytest.raises(UserError, match=r"numbers the classes .*expected are 0, 1, \.\.\. without"):
        load(train=shard([0, 1], names))


@pytest.mark.parametrize("written", [b"{", b"[]", b'{"info": null}', b'{"info": [1]}', b"\xff"])
def test_metadata_that_datasets_never_wrote_are_named_with_a_remedy(written: bytes) -> None:
    table = pq.read_table(BytesIO(shard([0, 1])))
    file = BytesIO()
    pq.write_table(table.replace_schema_metadata({b"huggingface": written}), file)
    with pytest.raises(UserError, match=r"metadata `huggingface` .* write the file again"):
        load(train=file.getvalue())


def grouped(**columns: object) -> Raw:
    name, *_ = columns
    data = shard([1, 0], ["cat", "ant"], "label", **columns)
    return parquet.load(packed({"train.parquet": data}), params(group_column=name))


@pytest.mark.parametrize("values", [["x", "y"], pa.array(["x", "y"]).dictionary_encode()])
def test_a_column_gives_an_image_its_group(values: object) -> None:
    found = grouped(who=values)
    assert found.grouped
    assert [image.group for image in found.splits["train"]] == ["x", "y"]


def test_whole_numbers_are_groups_as_text() -> None:
    assert [image.group for image in grouped(who=[7, 12]).splits["train"]] == ["7", "12"]


@pytest.mark.parametrize("cell", [None, ""])
def test_an_image_without_a_group_is_named(cell: str | None) -> None:
    with pytest.raises(UserError) as caught:
        [*grouped(who=["x", cell]).splits["train"]]
    assert str(caught.value) == (
        "source: train.parquet: row 1: column who is empty; an image that belongs to no other "
        "needs a group of its own"
    )


def test_a_group_column_of_another_kind_or_of_no_file_is_refused() -> None:
    with pytest.raises(UserError, match="column who must hold whole numbers or text, holds double"):
        grouped(who=[0.5, 1.5])
    with pytest.raises(UserError) as caught:
        parquet.load(packed({"train.parquet": shard()}), params(group_column="who"))
    assert str(caught.value) == (
        "source: train.parquet: has no column who; set download.group_column in params.yaml, "
        "columns are image, label"
    )


def test_groups_that_download_wrote_come_in_as_they_went_out(tmp_path: Path) -> None:
    images = [Image(b"1", "a.png", 0, "x"), Image(b"2", "b.png", 1, "y")]
    raw.write(Raw(("cat", "ant"), {"train": images}, {}, grouped=True), tmp_path)
    again = parquet.load(origin.folder_store(tmp_path), params(group_column="group"))
    assert [*again.splits["train"]] == images
