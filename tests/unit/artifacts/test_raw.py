import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toys import publish

from stages.artifacts import raw
from stages.artifacts.raw import Image, Published, Raw
from stages.errors import UserError

FILE = "train-00000-of-00001.parquet"
REMEDY = "run `dvc repro download` to make it again"
RAW = Raw(
    ("cat", "dög"),
    {
        "train": [Image(bytes([i, 0, 255]), f"{i}.png", i % 2) for i in range(5)],
        "test": [Image(b"", "empty.png", 1)],
    },
    {},
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    raw.write(RAW, tmp_path / "raw")
    return tmp_path / "raw"


def complaint(root: Path) -> str:
    with pytest.raises(UserError) as caught:
        raw.read(root)
    return str(caught.value)


def images(published: Published) -> dict[str, list[Image]]:
    """Return all images by split, as their groups give them."""
    found = {split: list[Image]() for split in published.labels}
    for group in published.row_groups:
        found[group.file.name.partition("-")[0]] += group.images()
    return found


def write(root: Path, name: str, table: pa.Table, classes: Sequence[str] = RAW.classes) -> None:
    """Write a table as a file of the artifact."""
    features = {"label": {"_type": "ClassLabel", "names": list(classes)}}
    description = json.dumps({"info": {"features": features}})
    root.mkdir(exist_ok=True)
    pq.write_table(table.replace_schema_metadata({"huggingface": description}), root / name)


def table(paths: Sequence[str], labels: pa.Array | None = None) -> pa.Table:
    """Return a table of images, in the class 0 if no labels are given."""
    members = pa.array(
        [{"bytes": path.encode(), "path": path} for path in paths],
        pa.struct({"bytes": pa.binary(), "path": pa.string()}),
    )
    return pa.table({"image": members, "label": [0] * len(paths) if labels is None else labels})


@pytest.mark.parametrize("size", [1, 2, 256])
def test_what_was_written_is_read(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "GROUP_IMAGES", size)
    assert raw.write(RAW, tmp_path / "raw") == {"train": 5, "test": 1}
    published = raw.read(tmp_path / "raw")
    assert published.classes == RAW.classes
    assert images(published) == RAW.splits
    assert list(published.labels) == ["test", "train"]
    for split, labels in published.labels.items():
        assert labels.tolist() == [image.label for image in images(published)[split]]
        assert labels.dtype == np.int64
    everyone = [*RAW.splits["test"], *RAW.splits["train"]]
    assert published.all_labels().tolist() == [image.label for image in everyone]
    for group in published.row_groups:
        assert everyone[group.rows] == group.images()
    assert published.row_groups[-1].rows.stop == len(everyone)


def test_each_split_is_one_file(root: Path) -> None:
    names = {path.name for path in root.iterdir()}
    assert names == {FILE, "test-00000-of-00001.parquet"}


def test_the_same_images_are_the_same_bytes(root: Path, tmp_path: Path) -> None:
    raw.write(RAW, tmp_path / "again")
    for path in root.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_writing_again_leaves_no_file_of_before(root: Path) -> None:
    raw.write(Raw(RAW.classes, {"test": RAW.splits["test"]}, {}), root)
    assert [path.name for path in root.iterdir()] == ["test-00000-of-00001.parquet"]


def test_pandas_opens_it(root: Path) -> None:
    table = pd.read_parquet(root / FILE)
    assert table["label"].tolist() == [0, 1, 0, 1, 0]
    assert table["image"][3] == {"bytes": bytes([3, 0, 255]), "path": "3.png"}


def test_the_schema_describes_the_features_as_hugging_face_does(root: Path) -> None:
    metadata = pq.read_schema(root / FILE).metadata
    assert json.loads(metadata[b"huggingface"]) == {
        "info": {
            "features": {
                "image": {"_type": "Image"},
                "label": {"_type": "ClassLabel", "names": ["cat", "dög"]},
            }
        }
    }


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([1] * 9, [4, 4, 1]),
        ([1] * 8, [4, 4]),
        ([50, 50, 1, 99, 100, 500, 1], [2, 2, 1, 1, 1]),
        ([], []),
    ],
    ids=["many", "even", "large", "none"],
)
def test_a_row_group_is_full_by_images_or_by_bytes(
    tmp_path: Path, sizes: list[int], groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "GROUP_IMAGES", 4)
    monkeypatch.setattr(raw, "GROUP_BYTES", 100)
    made = [Image(bytes(size), f"{n}.png", 0) for n, size in enumerate(sizes)]
    assert raw.write(Raw(("a",), {"train": made}, {}), tmp_path / "raw") == {"train": len(made)}
    published = raw.read(tmp_path / "raw")
    assert [group.size for group in published.row_groups] == groups
    starts = [sum(groups[:number]) for number in range(len(groups))]
    assert [group.start for group in published.row_groups] == starts
    assert images(published) == {"train": made}


def test_images_are_taken_from_their_source_a_row_group_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "GROUP_IMAGES", 4)
    taken, written, ahead = 0, 0, list[int]()

    def source() -> Iterator[Image]:
        nonlocal taken
        for number in range(11):
            taken += 1
            yield Image(b"x", f"{number}.png", 0)

    class Recorder(pq.ParquetWriter):  # type: ignore[misc]
        def write_table(self, table: pa.Table, *options: object, **more: object) -> None:
            nonlocal written
            ahead.append(taken - written)
            written += len(table)
            super().write_table(table, *options, **more)

    monkeypatch.setattr(pq, "ParquetWriter", Recorder)
    raw.write(Raw(("a",), {"train": source()}, {}), tmp_path / "raw")
    assert ahead == [4, 4, 3]


def test_a_source_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def source() -> Iterator[Image]:
        yield Image(b"x", "0.png", 0)
        raise UserError("the address does not answer")

    with pytest.raises(UserError, match="the address does not answer"):
        raw.write(Raw(("a",), {"train": source()}, {}), tmp_path / "raw")
    assert not list(tmp_path.iterdir())


def paths(published: Published, numbers: Collection[int]) -> dict[int, str]:
    wanted = np.array([*numbers], np.int64)
    return {
        number: image.path
        for number, image in zip(wanted.tolist(), published.images(wanted), strict=True)
    }


def test_names_are_numbered_through_all_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "GROUP_IMAGES", 2)
    raw.write(RAW, tmp_path / "raw")
    published = raw.read(tmp_path / "raw")
    order = ["empty.png", *(image.path for image in RAW.splits["train"])]
    everyone = dict(enumerate(order))
    assert paths(published, range(6)) == everyone
    assert paths(published, []) == {}
    for number, name in everyone.items():
        assert paths(published, [number]) == {number: name}


def test_names_are_looked_for_in_no_other_group(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = raw.read(root)
    monkeypatch.setattr(raw.RowGroup, "images", lambda group: pytest.fail(f"read {group}"))
    assert paths(published, []) == {}


@pytest.mark.parametrize("rows", [[2, 2], [3, 0, 1], [1, 1, 1, 1]])
def test_the_files_of_a_split_are_one_split_in_their_order(tmp_path: Path, rows: list[int]) -> None:
    ends = np.cumsum(rows)
    for number, part in enumerate(np.split(np.array(list("abcd")), ends[:-1])):
        name = f"train-{number:05}-of-{len(rows):05}.parquet"
        labels = pa.array([ord(path) % 2 for path in part.tolist()], pa.int64())
        write(tmp_path / "raw", name, table(part.tolist(), labels))
    published = raw.read(tmp_path / "raw")
    assert [image.path for image in images(published)["train"]] == list("abcd")
    assert published.labels["train"].tolist() == [1, 0, 1, 0]
    assert paths(published, [0, 3]) == {0: "a", 3: "d"}


@pytest.mark.parametrize(
    "names",
    [
        ["train-00000-of-00002.parquet"],
        ["train-00001-of-00002.parquet"],
        ["train-00000-of-00002.parquet", "train-00002-of-00003.parquet"],
        ["train-00000-of-00001.parquet", "train-00000-of-00002.parquet"],
        ["train-00000-of-00000.parquet"],
    ],
)
def test_a_split_of_which_a_file_is_missing_is_refused(root: Path, names: list[str]) -> None:
    content = (root / FILE).read_bytes()
    (root / FILE).unlink()
    for name in names:
        (root / name).write_bytes(content)
    count = int(names[0][-13:-8])
    assert complaint(root) == (
        f"{root}: cannot be read (train is said to be {count} files, which are not all there); "
        f"{REMEDY}"
    )


@pytest.mark.parametrize(
    "name",
    [
        "validation-00000-of-00001.parquet",
        "extra-00000-of-00001.parquet",
        "train.parquet",
        "train-0-of-1.parquet",
        ".parquet",
    ],
)
def test_a_file_of_no_split_is_refused(root: Path, name: str) -> None:
    (root / name).write_bytes((root / FILE).read_bytes())
    assert f"({name} is not named like train-00000-of-00001.parquet); " in complaint(root)


def test_files_of_other_classes_are_refused(root: Path) -> None:
    write(root, "val-00000-of-00001.parquet", table(["a"]), ["cat", "dog"])
    assert "its classes are not those of the other files" in complaint(root)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (pa.array([0, 2]), "labels are 0 to 2, of 2 classes, from 0"),
        (pa.array([-1, 1]), "labels are -1 to 1, of 2 classes, from 0"),
        (pa.array([0, 2**64 - 1], pa.uint64()), "labels are 0 to 18446744073709551615, of 2"),
        (pa.array([0, None]), "there are labels that are no numbers"),
        (pa.array([None, None]), "there are labels that are no numbers"),
        (pa.array(["cat", "dog"]), "there are labels that are no numbers"),
        (pa.array([0.0, 1.0]), "there are labels that are no numbers"),
        (pa.array([True, False]), "there are labels that are no numbers"),
        (pa.array([[0], [1]]), "there are labels that are no numbers"),
    ],
    ids=["beyond", "negative", "huge", "null", "nulls", "text", "float", "bool", "list"],
)
def test_a_label_that_is_no_index_of_a_class_is_refused(
    tmp_path: Path, labels: pa.Array, reason: str
) -> None:
    write(tmp_path / "raw", FILE, table(["a", "b"], labels))
    message = complaint(tmp_path / "raw")
    assert message.startswith(f"{tmp_path / 'raw' / FILE}: cannot be read ({reason}")
    assert message.endswith(REMEDY)


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint16(), pa.int32()])
def test_labels_may_be_integers_of_any_width(tmp_path: Path, kind: pa.DataType) -> None:
    write(tmp_path / "raw", FILE, table(["a", "b"], pa.array([1, 0], kind)))
    labels = raw.read(tmp_path / "raw").labels["train"]
    assert labels.tolist() == [1, 0]
    assert labels.dtype == np.int64


@pytest.mark.parametrize(
    "members", [{"bytes": None, "path": "a"}, {"bytes": b"a", "path": None}], ids=["bytes", "path"]
)
def test_an_image_without_bytes_or_path_is_refused(
    tmp_path: Path, members: Mapping[str, object]
) -> None:
    whole = {"bytes": b"b", "path": "b"}
    write(tmp_path / "raw", FILE, pa.table({"image": [whole, members], "label": [0, 1]}))
    (group,) = raw.read(tmp_path / "raw").row_groups
    with pytest.raises(UserError, match="there are images without bytes or path"):
        group.images()


def test_a_file_that_was_damaged_meanwhile_is_named(root: Path) -> None:
    (group,) = [found for found in raw.read(root).row_groups if found.file.name == FILE]
    (root / FILE).write_bytes(b"PAR1")
    with pytest.raises(UserError, match=rf"{FILE}: cannot be read \(.*\); {REMEDY}"):
        group.images()


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "empty folder"])
def test_nothing_downloaded_is_missing(tmp_path: Path, *, there: bool) -> None:
    root = tmp_path / "raw"
    if there:
        root.mkdir()
    assert complaint(root) == f"{root}: is missing; {REMEDY}"


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(root: Path, share: float) -> None:
    content = (root / FILE).read_bytes()
    (root / FILE).write_bytes(content[: int(share * len(content))])
    message = complaint(root)
    assert message.startswith(f"{root / FILE}: cannot be read (")
    assert message.endswith(REMEDY)


@pytest.mark.parametrize("content", [b"garbage", b"PAR1" * 100, b"\0" * 1000])
def test_a_file_that_is_no_parquet_is_refused(root: Path, content: bytes) -> None:
    (root / FILE).write_bytes(content)
    assert complaint(root).startswith(f"{root / FILE}: cannot be read (")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert complaint(tmp_path).endswith(REMEDY)


@pytest.mark.parametrize(
    "description",
    [
        None,
        {"pandas": "{}"},
        {"huggingface": "{"},
        {"huggingface": "[1]"},
        {"huggingface": "{}"},
        {"huggingface": '{"info": {"features": {"label": {"names": 3}}}}'},
    ],
)
def test_a_table_without_class_names_is_refused(
    root: Path, description: dict[str, str] | None
) -> None:
    for path in root.iterdir():
        pq.write_table(pq.read_table(path).replace_schema_metadata(description), path)
    assert complaint(root).endswith(REMEDY)


@pytest.mark.parametrize(
    "columns",
    [
        {"image": [b"x"], "label": [0]},
        {"image": [{"bytes": b"x", "path": "x"}]},
        {"image": [{"bytes": b"x"}], "label": [0]},
        {"picture": [{"bytes": b"x", "path": "x"}], "label": [0]},
    ],
    ids=["flat", "no label", "no path", "other name"],
)
def test_a_table_of_other_columns_is_refused(root: Path, columns: dict[str, list[object]]) -> None:
    metadata = pq.read_schema(root / FILE).metadata
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), root / FILE)
    assert complaint(root).endswith(REMEDY)


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    for data in (b"first", b"another"):
        images = [Image(data, "a.png", 0), Image(data, "b.png", 1)]
        (group,) = publish(tmp_path / "raw", {"train": images}).row_groups
        assert group.images() == images


GROUPED = {
    "train": [Image(bytes([i]), f"{i}.png", i % 2, f"patient {i // 2}") for i in range(5)],
    "test": [Image(b"t", "t.png", 1, "pätient 9")],
}


def test_groups_come_back_and_stand_in_the_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "GROUP_IMAGES", 2)
    raw.write(Raw(RAW.classes, GROUPED, {}, grouped=True), tmp_path / "raw")
    published = raw.read(tmp_path / "raw")
    assert images(published) == GROUPED
    assert published.grouped()
    order = [*GROUPED["test"], *GROUPED["train"]]
    assert published.texts("group").to_pylist() == [image.group for image in order]
    assert published.texts("image.path").to_pylist() == [image.path for image in order]
    described = json.loads(pq.read_schema(tmp_path / "raw" / FILE).metadata[b"huggingface"])
    features = described["info"]["features"]
    assert features["group"] == {"_type": "Value", "dtype": "string"}


def test_without_groups_there_is_no_column(root: Path) -> None:
    assert pq.read_schema(root / FILE).names == ["image", "label"]
    assert not raw.read(root).grouped()


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (None, "column group is missing"),
        (pa.array(["a", None]), "there are images without group"),
        (pa.array([1, 2]), "there are images without group"),
    ],
    ids=["none", "null", "numbers"],
)
def test_a_file_without_the_groups_that_another_has_is_refused(
    tmp_path: Path, column: pa.Array | None, why: str
) -> None:
    one = table(["a", "b"])
    write(tmp_path / "raw", FILE, one if column is None else one.append_column("group", column))
    groups = pa.array(["c", "d"])
    write(tmp_path / "raw", "test-00000-of-00001.parquet", one.append_column("group", groups))
    published = raw.read(tmp_path / "raw")
    assert published.grouped()
    with pytest.raises(UserError) as caught:
        published.texts("group")
    place = tmp_path / "raw" / FILE
    assert str(caught.value) == f"{place}: cannot be read ({why}); {REMEDY}"
