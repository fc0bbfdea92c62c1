"""Tables and Parquet that name or hold pictures, and the labels in them."""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toys import encoded, pixels, publish

from reprise.directory import Failure, Skipped, Source
from reprise.inputs import Loaded, find, load
from reprise.sourcing.naming import is_many, pictures_of
from reprise.sourcing.tabled import PictureColumns
from reprise.spec import InputSpec
from stages.artifacts.raw import Image

SPEC = InputSpec(6, 7, 3, "stretch", "bilinear")
PNG = [encoded(pixels(number)) for number in range(4)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of pictures."""
    for name, data in zip(("a/0.png", "a/1.png", "b/2.png"), PNG, strict=False):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)


def listed(text: str, name: str = "t.csv", columns: PictureColumns = PictureColumns()) -> list[Any]:  # noqa: B008
    Path(name).write_text(text, "utf-8")
    return list(pictures_of(name, Skipped(), columns))


def short(rows: list[Any]) -> list[tuple[str, str | None]]:
    """Return names and labels, or reasons."""
    return [(one.name, one.reason if isinstance(one, Failure) else one.label) for one in rows]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "file,label\na/0.png,ants\nb/2.png, bees \n"),
        ("t.csv", "\ufefffile;label\na/0.png;ants\n\nb/2.png;bees\n"),
        ("t.CSV", "id,Class,PATH\n1,ants,a/0.png\n2,bees,b/2.png\n"),
        ("t.tsv", "label\tfilename\nants\ta/0.png\nbees\tb/2.png\n"),
        ("a/t.csv", "image,target\n0.png,ants\n../b/2.png,bees\n"),
        ("t.csv", "file,label\n0.png,ants\n2,bees\n"),
    ],
)
def test_a_table_names_files_from_where_it_lies(name: str, text: str) -> None:
    rows = listed(text, name)
    assert [label for _, label in short(rows)] == ["ants", "bees"]
    loaded = [load(one, SPEC) for one in rows]
    assert all(isinstance(one, Loaded) for one in loaded), loaded
    assert [one.label for one in loaded if isinstance(one, Loaded)] == ["ants", "bees"]


def test_a_table_may_have_no_labels_or_not_all() -> None:
    assert short(listed("file\na/0.png\n")) == [("a/0.png", None)]
    assert short(listed("file,label\na/0.png,\n")) == [("a/0.png", None)]


def test_columns_may_be_named() -> None:
    text = "file,x,y\nwrong.png,a/0.png,ants\n"
    columns = PictureColumns("x", "y")
    assert short(listed(text, columns=columns)) == [("a/0.png", "ants")]
    found = short(listed(text, columns=PictureColumns("z")))
    assert found == [
        ("t.csv", "has no column z; --file-column names one of its columns: file, x, y")
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no column of files with a usual name; --file-column names one of its"),
        ("x,y\n1,2\n", "has no column of files with a usual name"),
        ("file,label\n", "has no row"),
        ('file,label\n"a', "is no table of text in UTF-8 (unexpected end of data)"),
    ],
)
def test_what_is_no_table_is_told(text: str, reason: str) -> None:
    (only,) = listed(text)
    assert isinstance(only, Failure)
    assert only.reason.startswith(reason)


def test_bytes_that_are_no_text_are_told() -> None:
    Path("t.csv").write_bytes(b"file,label\n\xff\xfe\n")
    (only,) = pictures_of("t.csv", Skipped())
    assert isinstance(only, Failure)


def test_a_bad_row_is_told_and_the_others_are_read() -> None:
    rows = listed("file,label\na/0.png\n,ants\nnone.png,ants\na/1.png,bees\n")
    told = "has {} cells of 2, or none with a file"
    assert short(rows) == [
        ("t.csv: line 2", told.format(1)),
        ("t.csv: line 3", told.format(2)),
        ("none.png", "ants"),
        ("a/1.png", "bees"),
    ]
    assert load(rows[2], SPEC) == Failure("none.png", "No such file or directory")


def test_a_name_that_two_files_have_is_not_guessed() -> None:
    Path("b/0.png").write_bytes(PNG[3])
    (one,) = listed("file\n0.png\n")
    assert isinstance(load(one, SPEC), Failure)


def test_a_table_may_name_addresses() -> None:
    (one,) = listed("url\nhttp://127.0.0.1:1/x.png\n")
    assert callable(one.data)


def raw(labels: list[int]) -> Path:
    images = [Image(PNG[n], f"{n}.png", label) for n, label in enumerate(labels)]
    publish(Path("raw"), {"train": images[:2], "test": images[2:]})
    return Path("raw")


def test_data_raw_is_read_with_its_labels() -> None:
    raw([0, 1, 1])
    assert is_many("raw")
    rows = list(pictures_of("raw", Skipped()))
    assert short(rows) == [("2.png", "odd"), ("0.png", "even"), ("1.png", "odd")]
    assert [one.data for one in rows if isinstance(one, Source)] == [PNG[2], PNG[0], PNG[1]]
    one_file = pictures_of("raw/train-00000-of-00001.parquet", Skipped())
    assert short(list(one_file)) == [("0.png", "even"), ("1.png", "odd")]


def test_a_folder_of_pictures_beside_parquet_is_a_folder_of_pictures() -> None:
    raw([0, 1, 1])
    Path("raw/x.png").write_bytes(PNG[0])
    skipped = Skipped()
    assert [one.name for one in find(["raw"], io.BufferedReader, skipped)] == ["raw/x.png"]  # type: ignore[arg-type]
    assert len(skipped.names) == 2


def stored(table: pa.Table | pd.DataFrame, **options: Any) -> list[Any]:  # noqa: ANN401
    made = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table)
    pq.write_table(made, "t.parquet")
    return list(pictures_of("t.parquet", Skipped(), PictureColumns(**options)))


def test_parquet_may_hold_plain_bytes_and_labels_of_text() -> None:
    rows = stored(pa.table({"x": PNG[:2], "label": ["ants", None]}))
    assert short(rows) == [("t.parquet: row 0", "ants"), ("t.parquet: row 1", None)]
    assert short(stored(pa.table({"x": PNG[:1], "kind": [7]}), label="kind")) == [
        ("t.parquet: row 0", "7")
    ]


def test_parquet_may_be_a_table_of_names() -> None:
    rows = stored(pd.DataFrame({"path": ["a/0.png", "a/1.png"], "label": [3, 4]}))
    assert short(rows) == [("a/0.png", "3"), ("a/1.png", "4")]
    assert all(isinstance(load(one, SPEC), Loaded) for one in rows)


BYTES = [pa.binary(), pa.large_binary(), pa.binary(len(PNG[0])), pa.binary_view(),
         pa.dictionary(pa.int32(), pa.binary())]  # fmt: skip
TEXT = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]


@pytest.mark.parametrize("kind", BYTES, ids=str)
def test_bytes_of_any_type_are_pictures(kind: pa.DataType) -> None:
    rows = stored(pa.table({"image": pa.array([PNG[0], None, PNG[0]], kind)}))
    assert short(rows)[1] == ("t.parquet: row 1", "has no bytes")
    assert [one.data for one in rows if isinstance(one, Source)] == [PNG[0], PNG[0]]


@pytest.mark.parametrize("kind", TEXT, ids=str)
def test_text_of_any_type_names_files(kind: pa.DataType) -> None:
    rows = stored(pa.table({"image": pa.array(["a/0.png", "a/1.png"], kind)}))
    assert all(isinstance(load(one, SPEC), Loaded) for one in rows)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (pa.array([[1, 2]], pa.list_(pa.uint8())), "list<element: uint8>"),
        (pa.array([7]), "int64"),
        (pa.array([{"x": 1}]), "struct<x: int64>"),
    ],
)
def test_columns_of_other_types_are_refused(cells: pa.Array, kind: str) -> None:
    expected = f"column image is of type {kind}; expected are paths (string) or pictures (binary)"
    assert stored(pa.table({"image": cells})) == [Failure("t.parquet", expected)]


@pytest.mark.parametrize(
    ("cells", "kind"), [(PNG[:1], "binary"), ([[1]], "list"), ([{"bytes": PNG[0]}], "struct")]
)
def test_a_column_that_can_have_no_labels_is_refused(cells: list[Any], kind: str) -> None:
    rows = stored(pa.table({"image": PNG[:1], "other": cells}), label="other")
    assert len(rows) == 1
    assert rows[0].reason.startswith(f"column other is of type {kind}")
    assert "expected are labels (string or integer): --label-column names" in rows[0].reason


def test_pictures_are_not_taken_for_labels() -> None:
    assert short(stored(pa.table({"label": PNG[:1]}))) == [("t.parquet: row 0", None)]
    (only,) = stored(pa.table({"image": PNG[:1]}), label="image")
    assert "of type binary; expected are labels" in only.reason


def test_a_name_longer_than_any_path_is_cut() -> None:
    rows = listed(f"file\n{'x' * 5000}\na/0.png\n")
    assert short(rows) == [
        ("t.csv: line 2", f"names no file: {'x' * 40}… has 5,000 letters"),
        ("a/0.png", None),
    ]


def test_a_path_that_is_no_text_loses_but_its_row() -> None:
    cells = [{"bytes": PNG[0], "path": 7}, {"bytes": PNG[1], "path": None}]
    assert short(stored(pa.table({"image": cells}))) == [
        ("t.parquet: row 0", "its path is of type int; expected is text"),
        ("t.parquet: row 1", None),
    ]
    assert short(stored(pa.table({"image": [{"bytes": PNG[0], "path": b"\xff.png"}]}))) == [
        ("\udcff.png", None)
    ]


def test_cells_without_bytes_are_told() -> None:
    rows = stored(pa.table({"image": [{"bytes": None, "path": "x.png"}, None]}))
    assert short(rows) == [("x.png", "has no bytes"), ("t.parquet: row 1", "has no bytes")]
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    empty = pa.table({"image": pa.array([], kind)})
    assert short(stored(empty)) == [("t.parquet", "has no row")]
    assert short(stored(pa.table({"x": PNG[:1]}), label="y"))[0][1] == (
        "has no column y; its columns are x"
    )


@pytest.mark.parametrize(
    "said", ["[]", "{", '{"info": 1}', json.dumps({"info": {"features": {"label": {"names": 1}}}})]
)
def test_names_of_classes_that_are_none_leave_the_numbers(said: str) -> None:
    table = pa.table({"x": PNG[:1], "label": [7]}).replace_schema_metadata({"huggingface": said})
    assert short(stored(table)) == [("t.parquet: row 0", "7")]


def test_damaged_parquet_is_told() -> None:
    Path("t.parquet").write_bytes(b"PAR1 nothing PAR1")
    (only,) = pictures_of("t.parquet", Skipped())
    assert isinstance(only, Failure)
    assert only.reason.startswith("cannot be read as Parquet (")


def test_without_pyarrow_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    Path("t.parquet").write_bytes(b"")
    assert list(pictures_of("t.parquet", Skipped())) == [
        Failure("t.parquet", "is a Parquet file, which takes pyarrow: `pip install pyarrow`")
    ]
