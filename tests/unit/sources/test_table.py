from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from packing import packed, params, seen

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import table


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
        ({"1.jpg": b"1"}, None, "must hold one table .* none of"),
        ({"a.csv": b"1", "b.TSV": b"1"}, None, "must hold one table .* a.csv, b.TSV"),
        ({"a.csv": b"1"}, "b.csv", "download.table in params.yaml, is b.csv; .* a.csv"),
    ],
)
def test_without_the_table_those_there_are_named(
    files: dict[str, bytes], name: str | None, message: str
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
