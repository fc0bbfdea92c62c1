"""Two tables joined by file names, against pandas; tables beside folders."""

import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packing import packed, params, plant, seen

from stages.artifacts.raw import Raw
from stages.download import _require_read
from stages.errors import UserError
from stages.sources import combined, table
from stages.sources.cleaning import clean
from stages.sources.store import Store

FILES = {"x/1.jpg": b"1", "x/2.jpg": b"2", "x/3.jpg": b"3"}
LABELS = b"file,label\n1.jpg,a\n2.jpg,b\n3.jpg,a\n"
SPLITS = b"split;file\ntrain;x/2\ntest;x/3.jpg\nval;1.jpg\n"


def joined(labels: bytes = LABELS, splits: bytes = SPLITS, **changed: object) -> Raw:
    named = {"join_table": "splits.csv", "split_column": "split"} | changed
    source = packed({**FILES, "labels.csv": labels, "splits.csv": splits})
    return table.load(source, params(dataset="table", **named))


def refused(labels: bytes = LABELS, splits: bytes = SPLITS, **changed: object) -> str:
    with pytest.raises(UserError) as caught:
        joined(labels, splits, **changed)
    return str(caught.value)


EXPECTED = {"train": {"x/2.jpg": "b"}, "val": {"x/1.jpg": "a"}, "test": {"x/3.jpg": "a"}}


@pytest.mark.parametrize("tables", [{}, {"table": "labels.csv"}, {"join_table": ("splits.csv",)}])
def test_one_table_has_labels_and_another_splits(tables: dict[str, object]) -> None:
    found = joined(LABELS, SPLITS, **tables)
    assert seen(found) == EXPECTED
    assert found.passed_over == {}


def test_the_joined_table_may_have_the_labels() -> None:
    found = joined(SPLITS, LABELS, table="labels.csv")
    assert seen(found) == EXPECTED


def test_more_than_two_tables_are_joined() -> None:
    ids = b"file,number\n1.jpg,1\n2.jpg,2\n3.jpg,3\n"
    source = packed({**FILES, "ids.csv": ids, "labels.csv": LABELS, "splits.csv": SPLITS})
    named = {"table": "ids.csv", "join_table": ("labels.csv", "splits.csv")}
    found = table.load(source, params(dataset="table", split_column="split", **named))
    assert seen(found) == EXPECTED


def test_one_table_is_joined_to_the_tables_of_splits() -> None:
    two = {"train.csv": b"file\n1.jpg\n2.jpg\n", "test.csv": b"file\n3.jpg\n"}
    source = packed({**FILES, **two, "labels.csv": LABELS})
    named = params(table=("train.csv", "test.csv"), join_table="labels.csv")
    assert seen(table.load(source, named)) == {
        "train": {"x/1.jpg": "a", "x/2.jpg": "b"},
        "test": {"x/3.jpg": "a"},
    }


def test_the_joined_table_may_have_the_groups_and_a_cleaning_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plant(Path(), {"data/cleaning/a.csv": b"path,label\nx/1.jpg,b\n"})
    groups = b"who,file\nann,1.jpg\nann,2.jpg\nbob,3.jpg\n"
    found = joined(LABELS, groups, split_column=None, group_column="who")
    cleaned, changes = clean(found, params(relabel="data/cleaning/a.csv"))
    assert [change.images for change in changes] == [1]
    assert [(image.label, image.group) for image in cleaned.splits["train"]] == [
        (1, "ann"), (1, "ann"), (0, "bob"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "splits", "said"),
    [
        (LABELS, SPLITS + b"test;4.jpg\n", "row 5: 4.jpg: there is no such file"),
        (LABELS, SPLITS + b"test;1.jpg\n", "row 5: 1.jpg: is in another row, too"),
        (LABELS[:-9], SPLITS, "in no row of labels.csv; take them away, or add them there:\nx/3"),
        (LABELS, SPLITS[:-10], "splits.csv has no row for these; add them:\nlabels.csv: 1.jpg"),
        (LABELS + b"4.jpg,a\n", SPLITS, "there are none of these:\nlabels.csv: 4.jpg"),
        (LABELS, SPLITS.replace(b"file", b"name"), "columns are split, name; it must be one of"),
        (LABELS, SPLITS.replace(b"split", b"part"), "no parameter names one"),
        (LABELS, b"file\n1.jpg\n", "the columns of file names alone, and no parameter"),
        (LABELS, b"file,label,split\n1.jpg,a,train\n2.jpg,b,train\n3.jpg,b,test\n",
         "download.label_column is label, which two columns are called"),
        (LABELS, b"", "splits.csv"),
    ],
)  # fmt: skip
def test_rows_that_fit_nothing_are_errors(labels: bytes, splits: bytes, said: str) -> None:
    assert said in refused(labels, splits)


def test_a_table_is_not_joined_for_nothing() -> None:
    assert "set download.split_column" in refused(split_column=None)


@pytest.mark.parametrize(
    ("name", "said"),
    [("split.csv", "which is not there"), ("labels.csv", "which is read already")],
)
def test_a_table_that_cannot_be_joined_is_refused(name: str, said: str) -> None:
    assert said in refused(table="labels.csv", join_table=name)


def test_what_is_not_read_is_refused() -> None:
    for named in ({"dataset": "pairs"}, {"dataset": "folder"}):
        with pytest.raises(UserError, match="join_table is for dataset table, or folder with a"):
            _require_read(params(join_table="splits.csv", **named))
    _require_read(params(dataset="folder", table="test.csv", join_table="splits.csv"))


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["train", "test"])), min_size=1),
    st.randoms(use_true_random=False),
)
def test_the_join_is_that_of_pandas(rows: list[tuple[str, str]], random: object) -> None:
    names = [f"{number:02}.png" for number in range(len(rows))]
    labels = pd.DataFrame({"file": names, "label": [label for label, _ in rows]})
    splits = pd.DataFrame({"file": names, "split": [split for _, split in rows]})
    shuffled = splits.sample(frac=1, random_state=hash(str(random)) % 1000)
    files = dict.fromkeys(names, b"1")
    source = packed({**files, "labels.csv": text(labels), "splits.csv": text(shuffled)})
    named = params(dataset="table", join_table="splits.csv", split_column="split")
    expected = labels.merge(shuffled, on="file")
    assert seen(table.load(source, named)) == {
        split: dict(zip(part["file"], part["label"], strict=True))
        for split, part in expected.groupby("split")
    }


def text(frame: pd.DataFrame) -> bytes:
    file = io.StringIO()
    frame.to_csv(file, index=False)
    return file.getvalue().encode()


FOLDERS = {"train/ants/1.jpg": b"1", "train/bees/2.jpg": b"2"}
TEST = {"test.csv": b"file,label\n8.jpg,bees\n9.jpg,ants\n", "test/8.jpg": b"8", "test/9.jpg": b"9"}


def beside(files: dict[str, bytes], **changed: object) -> Raw:
    return combined.load(packed(files), params(**{"table": "test.csv"} | changed))


def test_a_table_names_the_images_of_a_split_beside_folders() -> None:
    found = beside({**FOLDERS, **TEST, "test/README.md": b"1"})
    assert seen(found) == {
        "train": {"train/ants/1.jpg": "ants", "train/bees/2.jpg": "bees"},
        "test": {"test/8.jpg": "bees", "test/9.jpg": "ants"},
    }
    assert found.passed_over == {"not in the table": 1}


@pytest.mark.parametrize("wrapper", ["", "data/"])
def test_classes_without_a_folder_of_train_are_train(wrapper: str) -> None:
    files = {f"{wrapper}ants/1.jpg": b"1", f"{wrapper}bees/2.jpg": b"2", **TEST}
    assert {split: len(of) for split, of in seen(beside(files)).items()} == {"train": 2, "test": 2}


def test_several_splits_may_have_tables_and_a_column_may_tell() -> None:
    two = {"valid.csv": b"file,label\n5.jpg,ants\n", "valid/5.jpg": b"5"}
    found = beside({**FOLDERS, **TEST, **two}, table=("test.csv", "valid.csv"))
    assert {split: len(of) for split, of in seen(found).items()} == {
        "train": 2, "val": 1, "test": 2,
    }  # fmt: skip
    told = {**TEST, "test.csv": b"file,label,of\n8.jpg,bees,val\n9.jpg,ants,test\n"}
    found = beside({**FOLDERS, **told}, split_column="of")
    assert {*seen(found)} == {"train", "val", "test"}


def test_labels_in_names_go_with_a_table_too() -> None:
    files = {"train/ants_1.jpg": b"1", "train/bees_2.jpg": b"2", **TEST}
    found = beside(files, label_pattern=r"([^/]+)_\d+\.jpg$")
    assert found.classes == ("ants", "bees")
    assert {*seen(found)} == {"train", "test"}


@pytest.mark.parametrize(
    ("files", "changed", "said"),
    [
        ({**FOLDERS, **TEST, "test/7.jpg": b"7"}, {}, "which does not name them"),
        ({**FOLDERS, **TEST, "more/test/ants/7.jpg": b"7"}, {}, "folders beside split folders"),
        ({**FOLDERS, **TEST, "test/ants/7.jpg": b"7"}, {}, "in folders and in test.csv"),
        ({**FOLDERS, **TEST}, {"table": "tset.csv"}, "has not the table tset.csv"),
        ({**FOLDERS, "t.csv": b"file,label\n1.jpg,a\n"}, {"table": "t.csv"}, "do not tell one"),
        ({**FOLDERS, **TEST, "test.csv": b"file,label\n6.jpg,a\n"}, {}, "6.jpg: there is no such"),
    ],
)  # fmt: skip
def test_what_a_table_beside_folders_may_not_be(
    files: dict[str, bytes], changed: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        beside(files, **changed)
    assert said in str(caught.value)


def test_a_store_without_files_lacks_the_folders_that_held_only_these() -> None:
    source: Store = packed({"a/b/1": b"1", "a/2": b"2", "c/3": b"3"})
    rest = source.without({"a/b/1", "c/3"})
    assert (rest.names(), rest.folders) == (["a/2"], frozenset({"a"}))
