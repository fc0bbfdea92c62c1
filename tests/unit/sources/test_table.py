import datetime as dt
from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from packing import packed, params, seen
from pydantic import ValidationError

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import cells, table
from stages.sources.store import Member, Store


def load(text: bytes, name: str = "t.csv", **changed: str | None) -> Raw:
    images = {"1.jpg": b"1", "2.jpg": b"2", "photos/3.jpg": b"3"}
    return table.load(packed({**images, name: text}), params(**changed))


def as_parquet(**columns: list[object]) -> bytes:
    file = BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def test_a_row_gives_a_file_its_label() -> None:
    found = load(b"file,label\n2.jpg,b\n1.jpg,a\n")
    assert found.classes == ("a", "b")
    assert seen(found) == {"train": {"1.jpg": "a", "2.jpg": "b"}}


def test_a_column_gives_a_file_its_split() -> None:
    text = b"file,label,split\n1.jpg,a,Test\n2.jpg,b,train\nphotos/3.jpg,a,valid"
    assert seen(load(text, split_column="split")) == {
        "train": {"2.jpg": "b"},
        "val": {"photos/3.jpg": "a"},
        "test": {"1.jpg": "a"},
    }


@pytest.mark.parametrize("label", ["NA", "001", "1.0", "true", "null", "1e5", "ä", "a, b", "12 "])
@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet"])
def test_a_label_stays_text(label: str, kind: str) -> None:
    cells = pd.DataFrame({"file": ["1.jpg"], "label": [label]})
    text = cells.to_csv(index=False, sep="\t" if kind == "tsv" else ",").encode()
    data = as_parquet(file=["1.jpg"], label=[label]) if kind == "parquet" else text
    assert load(data, f"t.{kind}").classes == (label.strip(),)


def test_whole_numbers_of_parquet_have_no_decimals() -> None:
    assert load(as_parquet(file=["1.jpg", "2.jpg"], label=[1, 2]), "t.parquet").classes == (
        "1",
        "2",
    )


@pytest.mark.parametrize(
    "text",
    [
        b"file;label\n1.jpg;a,b\n",
        b"\xef\xbb\xbffile,label\r\n1.jpg,a\r\n",
        b"label, file\na, 1.jpg\n",
        b"other\tlabel\tfile\n\ta\t1.jpg\n",
        b'"file","label"\n"1.jpg","a"\n\n',
    ],
)
def test_the_ways_in_which_tables_are_saved_are_understood(text: bytes) -> None:
    assert list(seen(load(text))["train"]) == ["1.jpg"]


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([b"cat", b"dog"], "binary"),
        ([1.0, 2.0], "double"),
        ([["a"], ["b"]], "list<"),
        ([{"x": 1}, {"x": 2}], "struct<"),
        ([dt.date(2026, 1, 1), dt.date(2026, 1, 2)], "date32"),
    ],
)
def test_labels_of_parquet_that_are_no_text_are_refused(labels: list[object], kind: str) -> None:
    table = as_parquet(file=["a/1.png", "a/2.png"], label=labels)
    with pytest.raises(UserError, match=rf"label_column is label, .* of file, label \({kind}"):
        load(table, "t.parquet")


def test_the_columns_have_the_names_that_parameters_give() -> None:
    found = load(b"image,class\n1.jpg,a\n", file_column="image", label_column="class")
    assert found.classes == ("a",)


@pytest.mark.parametrize("cell", ["photos/3.jpg", "3.jpg", "./photos/3.jpg", "photos\\3.jpg"])
def test_a_file_is_found_as_tables_name_it(cell: str) -> None:
    assert list(seen(load(f"file,label\n{cell},a\n".encode()))["train"]) == ["photos/3.jpg"]


def test_a_file_is_found_from_the_folder_of_the_table() -> None:
    files = {"a/t.csv": b"file,label\n1.jpg,a\n", "a/1.jpg": b"1", "1.jpg": b"2"}
    assert list(seen(table.load(packed(files), params()))["train"]) == ["a/1.jpg"]


def test_files_that_no_row_names_are_counted() -> None:
    assert load(b"file,label\n1.jpg,a\n").passed_over == {"not in the table": 2}


def test_the_table_is_the_one_that_the_parameter_names() -> None:
    files = {"a.csv": b"", "b.csv": b"file,label\n1.jpg,a\n", "1.jpg": b"1"}
    assert table.load(packed(files), params(table="b.csv")).classes == ("a",)


@pytest.mark.parametrize(
    ("files", "name", "message"),
    [
        ({"1.jpg": b"1"}, None, "holds no table .*download.dataset to folder"),
        ({"a.csv": b"1", "b.TSV": b"1"}, None, "holds 2 tables; .* a.csv, b.TSV"),
        ({"a.csv": b"1"}, "b.csv", "has not the table b.csv; name one in download.table .* a.csv"),
        (
            {"a.csv": b"1"},
            ("a.csv", "b.csv"),
            "has not the table b.csv; name one in download.table",
        ),
        ({"a.csv": b"1"}, ("a.csv", "a.csv"), "is given a table twice"),
    ],
)
def test_without_the_table_those_there_are_named(
    files: dict[str, bytes], name: str | tuple[str, ...] | None, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        table.load(packed(files), params(table=name))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("4.jpg,a,train", "row 3: 4.jpg: there is no such file"),
        (",a,train", "row 3: a cell is empty: file ''"),
        ("2.jpg,,train", "row 3: a cell is empty: file '2.jpg', label ''"),
        ("2.jpg,a, ", "row 3: a cell is empty"),
        ("2.jpg,a", "row 3: a cell is empty"),
        ("2.jpg,a,trian", "row 3: split 'trian' is unknown; it must be train, val or test"),
        ("2.jpg,a,unseen", "it must be train, val or test (train, training, val, valid, valid"),
        ("2.jpg,\u200b,train", "row 3: a cell is empty: file '2.jpg', label '\\u200b'"),
        ("2.JPG,a,train", "row 3: 2.JPG: there is no such file; the nearest is 2.jpg"),
        ("photo/3.jpeg,a,train", "row 3: photo/3.jpeg: there is no such file; the nearest is ph"),
        ("a\x1b[2J,b,train", "row 3: a\\x1b[2J: there is no such file"),
        ("1.jpg,b,test", "1.jpg: is in 2 rows"),
        ("./1.jpg,a,train", "1.jpg: is in 2 rows"),
        ("t.csv,a,train", "row 3: t.csv: there is no such file"),
    ],
)
def test_rows_that_do_not_fit_are_named(row: str, message: str) -> None:
    text = f"file,label,split\n1.jpg,a,train\n{row}\n".encode()
    with pytest.raises(UserError, match=r"source: t.csv: rows that do not fit") as caught:
        load(text, split_column="split")
    assert message in str(caught.value)


def test_all_rows_that_do_not_fit_are_named_at_once() -> None:
    with pytest.raises(UserError, match=r"\nrow 2: x: .*\nrow 3: y: .*"):
        load(b"file,label\nx,a\ny,b")


def test_a_file_name_that_two_files_bear_is_named() -> None:
    files = {"t.csv": b"file,label\n1.jpg,a", "x/1.jpg": b"1", "y/1.jpg": b"2"}
    with pytest.raises(UserError, match=r"row 2: 1.jpg: x/1.jpg, y/1.jpg could be meant"):
        table.load(packed(files), params())


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"download.label_column is label, the nearest is labels,"):
        load(b"file,labels\n1.jpg,a")


def test_a_column_that_is_there_twice_is_named() -> None:
    with pytest.raises(UserError, match=r"is label, which two columns are called"):
        load(b"file,label,label\n1.jpg,a,b")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", b""),
        ("t.csv", b"file,label\n1.jpg,a,b,c\n"),
        ("t.csv", b"file,label\n1.jpg,\xff\n"),
        ("t.csv", b"\xff\xfef\0"),
        ("t.tsv", b'file\tlabel\n"1.jpg\ta'),
        ("t.parquet", b"PAR1"),
        ("t.parquet", b"file,label\n1.jpg,a\n"),
    ],
)
def test_what_is_no_table_is_named(name: str, data: bytes) -> None:
    with pytest.raises(UserError, match=f"source: {name}: is no table"):
        table.load(packed({name: data or b"\n", "1.jpg": b"1"}), params(table=name))


def test_a_table_without_a_row_is_named() -> None:
    with pytest.raises(UserError, match=r"t.csv: has no row"):
        load(b"file,label\n")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("file,label\n\n\n1.jpg,a\nx,b\n", "row 5: x"),
        ("\n\nfile,label\n1.jpg,a\n\nx,b\n", "row 6: x"),
        ("file,label\r\n\r\nx,b\r\n", "row 3: x"),
        ('file,label,note\n1.jpg,a,"two\nlines"\n\nx,b,\n', "row 4 (line 5): x"),
        ('file,label,note\n1.jpg,a,"two\r\nlines\r\n"\r\nx,b,\n', "row 3 (line 5): x"),
        ("file,label\n   \nx,b\n", "row 3: x"),
    ],
)
def test_rows_are_counted_as_an_editor_and_a_spreadsheet_do(text: str, place: str) -> None:
    with pytest.raises(UserError) as caught:
        load(text.encode())
    assert f"\n{place}: there is no such file" in str(caught.value)


def test_rows_of_parquet_are_counted_from_0() -> None:
    with pytest.raises(UserError, match=r"\nrow 1: x: there is"):
        load(as_parquet(file=["1.jpg", "x"], label=["a", "b"]), "t.parquet")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,label\n1.jpg,a,b\n", "row 2 has 3 cells, the header has 2"),
        ('file,label\n\n"1.jpg,a\n', "line 3: unexpected end of data"),
        ("\n \n", "it is empty"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        load(text.encode())
    assert f"t.csv: is no table ({reason})" in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "file"),
    [
        ("3", "photos/3.jpg"),
        ("photos/3", "photos/3.jpg"),
        ("caf\u00e9.jpg", "b/caf\u00e9.jpg"),
        ("b/caf\u00e9", "b/caf\u00e9.jpg"),
        ("b/cafe\u0301.jpg", "b/caf\u00e9.jpg"),
        ("../photos/3.jpg", "photos/3.jpg"),
        ("x/../photos/3.jpg", "photos/3.jpg"),
        ("1.tar", "c/1.tar.jpg"),
    ],
)
def test_a_file_is_found_where_no_other_can_be_meant(cell: str, file: str) -> None:
    names = ["photos/3.jpg", "b/cafe\u0301.jpg", "c/1.tar.jpg", "4.jpg"]
    files = {**dict.fromkeys(names, b"1"), "t/t.csv": f"file,label\n{cell},a\n".encode()}
    assert list(seen(table.load(packed(files), params()))["train"]) == [file]


@pytest.mark.parametrize("cell", ["1", "a/1", "caf\u00e9"])
def test_a_file_that_may_be_another_is_not_guessed(cell: str) -> None:
    names = ["a/1.jpg", "a/1.png", "a/caf\u00e9.jpg", "a/cafe\u0301.jpg"]
    files = {**dict.fromkeys(names, b"1"), "t.csv": f"file,label\n{cell},a\n".encode()}
    with pytest.raises(UserError, match="could be meant; give its path"):
        table.load(packed(files), params())


def test_of_two_forms_of_one_name_each_is_found() -> None:
    rows = "file,label\ncaf\u00e9.jpg,a\ncafe\u0301.jpg,b\n"
    files = {"caf\u00e9.jpg": b"1", "cafe\u0301.jpg": b"2", "t.csv": rows.encode()}
    assert seen(table.load(packed(files), params()))["train"] == {
        "caf\u00e9.jpg": "a",
        "cafe\u0301.jpg": "b",
    }


def test_no_file_out_of_the_source_is_found() -> None:
    for cell in ("../../1.jpg/x", "/etc/passwd", "../etc/passwd"):
        with pytest.raises(UserError, match="there is no such file"):
            load(f"file,label\n{cell},a\n".encode())


TWO = {"train.csv": b"file,label\n1.jpg,a\n2.jpg,b\n", "test.csv": b"file,label\n3.jpg,a\n"}


def both(tables: dict[str, bytes], **changed: str) -> Raw:
    images = {f"{number}.jpg": b"1" for number in range(1, 5)}
    return table.load(packed({**images, **tables}), params(table=tuple(tables), **changed))


def test_two_tables_are_two_splits_by_their_names() -> None:
    found = both(TWO)
    assert seen(found) == {"train": {"1.jpg": "a", "2.jpg": "b"}, "test": {"3.jpg": "a"}}
    assert found.passed_over == {"not in the table": 1}


@pytest.mark.parametrize(
    "names",
    [("a_train.csv", "a_valid.tsv"), ("x/train/l.csv", "x/val/l.csv"), ("Train1.csv", "dev.csv")],
)
def test_the_split_is_in_any_word_of_the_name_of_a_table(names: tuple[str, str]) -> None:
    texts = [
        text.replace(b",", b"\t" if name.endswith("tsv") else b",")
        for name, text in zip(names, TWO.values(), strict=True)
    ]
    assert list(both(dict(zip(names, texts, strict=True))).splits) == ["train", "val"]


def test_a_column_tells_the_splits_of_two_tables() -> None:
    tables = {"a.csv": b"file,label,s\n1.jpg,a,train\n", "b.csv": b"file,label,s\n2.jpg,b,test\n"}
    assert list(both(tables, split_column="s").splits) == ["train", "test"]


def test_two_tables_whose_names_tell_no_split_are_named() -> None:
    tables = {"a.csv": TWO["train.csv"], "test.csv": TWO["test.csv"]}
    with pytest.raises(UserError, match=r"tables whose names do not tell one split.*\na.csv$"):
        both(tables)


def test_a_file_in_two_tables_and_rows_of_both_are_named() -> None:
    tables = {"train.csv": b"file,label\n1.jpg,a\nx,a\n", "test.csv": b"file,label\ny,a\n1.jpg,a\n"}
    with pytest.raises(UserError, match=r"source: train.csv, test.csv: rows that do not") as caught:
        both(tables)
    for line in ("train.csv: row 3: x: ", "test.csv: row 2: y: ", "1.jpg: is in 2 rows"):
        assert f"\n{line}" in str(caught.value)


def test_an_empty_list_of_tables_is_refused() -> None:
    with pytest.raises(ValidationError, match="table"):
        params(table=())


@pytest.mark.parametrize("most", [100, 10**9])
def test_a_table_larger_than_it_may_be_is_not_read(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MAX_IMAGE_BYTES", 100_000)
    bomb = as_parquet(file=["1.jpg"], label=["a" * 200_000])
    member = Member("t.parquet", len(bomb), lambda: BytesIO(bomb))
    with pytest.raises(UserError, match=r"t.parquet: .*unpacks to more than [\d,]+ bytes"):
        table.load(Store("source", [member], most), params())


def test_a_text_larger_than_it_may_be_is_not_read() -> None:
    def opened() -> BytesIO:
        pytest.fail("it was opened")

    with pytest.raises(UserError, match=r"t.csv: has more than"):
        table.load(Store("source", [Member("t.csv", 2**31, opened)]), params())


def groups(found: Raw) -> dict[str, str | None]:
    return {image.path: image.group for images in found.splits.values() for image in images}


def test_a_column_gives_a_file_its_group() -> None:
    text = b"file,label,who\n1.jpg,a, 007\n2.jpg,b,NA\nphotos/3.jpg,a,007"
    found = load(text, group_column="who")
    assert found.grouped
    assert groups(found) == {"1.jpg": "007", "2.jpg": "NA", "photos/3.jpg": "007"}
    without = load(text)
    assert not without.grouped
    assert groups(without) == dict.fromkeys(("1.jpg", "2.jpg", "photos/3.jpg"))


def test_the_group_may_be_the_label_or_the_split() -> None:
    text = b"file,label,split\n1.jpg,a,Test\n2.jpg,b,train\n"
    assert groups(load(text, group_column="label")) == {"1.jpg": "a", "2.jpg": "b"}
    both = load(text, group_column="split", split_column="split")
    assert groups(both) == {"1.jpg": "Test", "2.jpg": "train"}


def test_a_row_without_a_group_is_named() -> None:
    with pytest.raises(UserError) as caught:
        load(b"file,label,who\n1.jpg,a,x\n2.jpg,b,\n", group_column="who")
    assert str(caught.value).splitlines()[1] == (
        "row 3: a cell is empty: who ''; an image that belongs to no other needs a group of its own"
    )


def test_a_group_column_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"download\.group_column is who, the nearest is"):
        load(b"file,label\n1.jpg,a\n", group_column="who")
