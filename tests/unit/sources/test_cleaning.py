"""A table of decisions, against the same data set changed by hand."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packing import packed, params, plant, store

from reprise.escaping import cell
from stages.artifacts import review
from stages.artifacts.cleaned import NONE
from stages.artifacts.download_metrics import LabelChange
from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import digits, folder, pairs, parquet, table
from stages.sources.cleaning import clean, summary

A, B = "data/cleaning/a.csv", "data/cleaning/b.csv"
PATHS = {
    "train": [("train/ants/1.jpg", 0), ("train/ants/2.jpg", 0), ("train/bees/3.jpg", 1)],
    "test": [("test/ants/1.jpg", 0), ("test/bees/2.jpg", 1)],
}


def made(
    paths: dict[str, list[tuple[str, int]]] = PATHS, classes: tuple[str, ...] = ("ants", "bees")
) -> Raw:
    """Return a data set whose images are their split and number."""
    splits = {split: images(split, ones) for split, ones in paths.items()}
    entries = {split: iter(ones) for split, ones in paths.items()}
    return Raw(classes, splits, {}, entries=entries)


def images(split: str, ones: list[tuple[str, int]]) -> Iterator[Image]:
    return (Image(f"{split} {n}".encode(), *one) for n, one in enumerate(ones))


def seen(raw: Raw) -> dict[str, dict[bytes, str]]:
    return {
        split: {image.data: raw.classes[image.label] for image in images}
        for split, images in raw.splits.items()
    }


UNCHANGED = seen(made())


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str | bytes, place: str = A) -> None:
    plant(Path(), {place: text.encode() if isinstance(text, str) else text})


def cleaned(raw: Raw | None = None, **named: object) -> tuple[Raw, list[LabelChange]]:
    return clean(made() if raw is None else raw, params(**named))


def refused(raw: Raw | None = None, **named: object) -> str:
    with pytest.raises(UserError) as caught:
        cleaned(raw, **named)
    return str(caught.value)


def test_without_a_table_nothing_is_read_or_changed() -> None:
    raw = made()
    assert cleaned(raw) == (raw, [])


def test_images_of_a_table_are_left_out() -> None:
    write("path\ntrain/ants/2.jpg\ntest/ants/1.jpg\n")
    found, changes = cleaned(exclude=A)
    assert changes == [LabelChange("ants", "", 2)]
    assert seen(found) == {
        "train": {b"train 0": "ants", b"train 2": "bees"},
        "test": {b"test 1": "bees"},
    }


def test_images_of_a_table_get_its_label() -> None:
    write("path,label\ntrain/ants/2.jpg,bees\ntest/bees/2.jpg,ants\n")
    found, changes = cleaned(relabel=A)
    assert changes == [LabelChange("ants", "bees", 1), LabelChange("bees", "ants", 1)]
    assert seen(found) == {
        "train": {b"train 0": "ants", b"train 1": "bees", b"train 2": "bees"},
        "test": {b"test 0": "ants", b"test 1": "ants"},
    }


REVIEW = """path,split,label,finding,score,suggestion,other,decision
train/ants/1.jpg,train,ants,label,0.9,bees,,bees
train/ants/1.jpg,train,ants,outlier,0.8,,,
train/ants/2.jpg,val,ants,near_duplicate,1,,train/ants/1.jpg,Exclude
test/ants/1.jpg,test,ants,label,0.7,bees,,keep
test/bees/2.jpg,test,bees,label,0.6,ants,,
"""


@pytest.mark.parametrize(
    "text",
    [
        REVIEW,
        "\ufeff" + REVIEW.replace("\n", "\r\n"),
        REVIEW.replace(",", ";"),
        REVIEW.replace(",", "\t"),
        "\n".join(",".join(f'"{c}"' for c in row.split(",")) for row in REVIEW.splitlines()),
        REVIEW.replace("Exclude", " EXCLUDE "),
    ],
)
def test_one_reviewed_table_does_both(text: str) -> None:
    write(text)
    found, changes = cleaned(exclude=A, relabel=A)
    assert changes == [LabelChange("ants", "", 1), LabelChange("ants", "bees", 1)]
    train = {b"train 0": "bees", b"train 2": "bees"}
    assert seen(found) == {"train": train, "test": UNCHANGED["test"]}


@pytest.mark.parametrize("first", ["exclude", "keep"])
def test_who_keeps_an_image_and_takes_it_out_is_told(first: str) -> None:
    other = "keep" if first == "exclude" else "bees"
    image = "train/ants/2.jpg,train,ants,label,1,,,"
    write(f"{REVIEW.splitlines()[0]}\n{image}{first}\n{image}{other}\n{image}\n")
    message = refused(exclude=A, relabel=A)
    assert "train/ants/2.jpg: " in message
    assert "keeps it" in message


def test_what_is_kept_must_be_there() -> None:
    write(f"{REVIEW.splitlines()[0]}\ntrain/ants/3.jpg,train,ants,label,1,,,keep\n")
    assert "no image has this path" in refused(exclude=A, relabel=A)


def test_a_review_of_parquet_is_read_too() -> None:
    rows = [*csv.DictReader(io.StringIO(REVIEW))]
    Path(A).parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), "data/cleaning/r.parquet")
    found = cleaned(exclude="data/cleaning/r.parquet", relabel="data/cleaning/r.parquet")[1]
    assert found == [LabelChange("ants", "", 1), LabelChange("ants", "bees", 1)]


@pytest.mark.parametrize(("use", "unused"), [("exclude", "relabel"), ("relabel", "exclude")])
def test_a_decision_that_no_parameter_asks_for_is_refused(use: str, unused: str) -> None:
    write(REVIEW)
    message = refused(None, **{use: A})
    assert f"decisions for download.{unused}" in message
    assert "\ndata/cleaning/a.csv: row " in message


def test_a_review_without_decisions_excludes_nothing() -> None:
    write("\n".join(row.rpartition(",")[0] for row in REVIEW.splitlines()))
    for use in ("exclude", "relabel"):
        assert "is a review without decisions; add a column decision" in refused(None, **{use: A})


def test_a_plain_table_cannot_be_both() -> None:
    write("path,label\ntrain/ants/2.jpg,bees\n")
    assert "does not tell which is meant" in refused(exclude=A, relabel=A)


def test_two_tables_may_not_contradict_each_other() -> None:
    write("path\ntrain/ants/2.jpg\n")
    write("path,label\ntrain/ants/2.jpg,bees\n", B)
    message = refused(exclude=A, relabel=B)
    assert f"train/ants/2.jpg: {A}: row 2 leaves it out, {B}: row 2 calls it bees" in message


def test_a_path_may_come_again_with_the_same_label_alone() -> None:
    write("path,label\ntrain/ants/2.jpg,bees\ntrain/ants/2.jpg,bees\n")
    assert cleaned(relabel=A)[1] == [LabelChange("ants", "bees", 1)]
    write("path,label\ntrain/ants/2.jpg,bees\ntrain/ants/2.jpg,ants\n")
    assert "row 2 calls it bees, data/cleaning/a.csv: row 3 calls it ants" in refused(relabel=A)


def test_a_label_that_an_image_has_already_is_no_change() -> None:
    write("path,label\ntrain/ants/2.jpg,ants\n")
    found, changes = cleaned(relabel=A)
    assert changes == []
    assert seen(found) == UNCHANGED


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("ants/2.jpg", "train/ants/2.jpg"),
        ("train/ants/2.JPG", "train/ants/2.jpg"),
        ("train\\ants\\2.jpg", "train/ants/2.jpg"),
        ("train/ants/2.png", "train/ants/2.jpg"),
        ("train/ants/02.jpg", "train/ants/2.jpg"),
    ],
)
def test_a_path_that_no_image_has_is_an_error_with_the_nearest(path: str, nearest: str) -> None:
    write(f"path\n{path}\n")
    message = refused(exclude=A)
    assert f"row 2: {path}: no image has this path; the nearest is {nearest}" in message.replace(
        "\\\\", "\\"
    )


def test_all_paths_that_fit_nothing_are_told_before_an_image_is_read() -> None:
    write("path\nx.jpg\ny.jpg\n")
    raw = made()
    message = refused(raw, exclude=A)
    assert "row 2: x.jpg" in message
    assert "row 3: y.jpg" in message
    assert seen(raw) == UNCHANGED, "all images are still to be read"


@pytest.mark.parametrize(("label", "nearest"), [("bee", "bees"), ("Ants", "ants"), ("exlude", "")])
def test_a_label_of_no_class_is_an_error_that_lists_the_classes(label: str, nearest: str) -> None:
    write(f"path,decision\ntrain/ants/2.jpg,{label}\n")
    message = refused(exclude=A, relabel=A)
    assert "Classes are ants, bees; `new: name` makes another" in message
    assert f"there is no class {label}; the nearest is {nearest}" in message


@pytest.mark.parametrize("label", ["new: wasps", "NEW:wasps", "new:  wasps "])
def test_a_new_class_stands_last(label: str) -> None:
    write(f"path,label\ntrain/ants/2.jpg,{label}\ntrain/bees/3.jpg,wasps\n")
    found, changes = cleaned(relabel=A)
    assert found.classes == ("ants", "bees", "wasps")
    assert seen(found)["train"][b"train 2"] == "wasps"
    assert sum(change.images for change in changes) == 2


def test_a_new_class_that_looks_like_another_is_refused() -> None:
    write("path,label\ntrain/ants/2.jpg,new: Bees\n")
    assert "look alike" in refused(relabel=A)
    write("path,label\ntrain/ants/2.jpg,new:\n")
    assert "nothing is seen" in refused(relabel=A)


def test_a_class_that_loses_all_its_images_is_none_any_more() -> None:
    write("path,label\n" + "".join(f"{p},bees\n" for of in PATHS.values() for p, n in of if not n))
    found, changes = cleaned(relabel=A)
    assert found.classes == ("bees",)
    assert {*seen(found)["train"].values()} == {"bees"}
    lines = [*summary(changes, ["ants"], params(relabel=A))]
    assert lines[0] == f"0 images left out and 3 relabelled, by {A}"
    assert lines[1] == "classes without an image after that, which are none any more: ants"


def test_a_class_that_never_had_an_image_stays() -> None:
    write("path\ntrain/ants/2.jpg\n")
    assert cleaned(made(classes=("ants", "bees", "wasps")), exclude=A)[0].classes[2] == "wasps"


def test_a_split_that_would_be_empty_is_refused() -> None:
    write("path\n" + "".join(f"{path}\n" for path, _ in PATHS["test"]))
    assert "no image of test would be left" in refused(exclude=A)


SAME = {"train": [("1.png", 0), ("2.png", 1), ("3.png", 0)], "test": [("1.png", 1), ("2.png", 1)]}


@pytest.mark.parametrize(
    ("row", "gone"),
    [("1.png,train", b"train 0"), ("1.png,test", b"test 0"), ("1.png,val", b"train 0")],
)
def test_of_two_images_of_one_path_the_split_tells_which(row: str, gone: bytes) -> None:
    write(f"path,split\n{row}\n")
    left = seen(cleaned(made(SAME), exclude=A)[0])
    assert {*left["train"], *left["test"]} == {*seen(made(SAME))["train"], *left["test"]} - {
        gone
    } | {*left["train"]}
    assert gone not in {*left["train"], *left["test"]}
    assert sum(map(len, left.values())) == 4


def test_of_two_images_of_one_path_no_split_tells_none() -> None:
    write("path\n1.png\n")
    message = refused(made(SAME), exclude=A)
    assert "is the path of 2 images, in train and test, and more than one fit" in message


def test_a_review_of_another_label_is_of_another_image() -> None:
    write("path,split,label,decision\n1.png,test,ants,exclude\n")
    assert "and none fits split and label of the row" in refused(made(SAME), exclude=A)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_split_made_anew_does_not_tell_which_of_two_images_is_meant(split: str) -> None:
    write(f"path,split,label,decision\n2.png,{split} (anew),bees,exclude\n")
    message = refused(made(SAME), exclude=A)
    assert "2.png: is the path of 2 images, in train and test, and more than one fits" in message
    assert "write the split that the image was published in" in message


def test_a_label_tells_it_all_the_same() -> None:
    write("path,split,label,decision\n1.png,train (anew),bees,exclude\n")
    assert b"test 0" not in seen(cleaned(made(SAME), exclude=A)[0])["test"]


def test_a_split_does_not_matter_where_a_path_is_alone() -> None:
    write("path,split\n3.png,test\n")  # as a review has it where preprocess splits anew
    assert sum(map(len, seen(cleaned(made(SAME), exclude=A)[0]).values())) == 4


def test_images_of_one_path_and_split_cannot_be_told_apart() -> None:
    write("path\n1.png\n")
    raw = made({"train": [("1.png", 0), ("1.png", 1), ("2.png", 1)]})
    assert "cannot be told apart" in refused(raw, exclude=A)


@pytest.mark.parametrize("word", ["exclude", "Keep"])
def test_a_class_with_the_name_of_a_decision_is_not_taken_for_it(word: str) -> None:
    write(f"path,decision\ntrain/ants/2.jpg,{word.lower()}\n")
    raw = made(classes=("ants", word))
    message = refused(raw, exclude=A, relabel=A)
    assert f"{word.lower()} is a class, too; leave the cell empty" in message
    write(f"path,label\ntrain/ants/2.jpg,{word}\n")
    found = cleaned(made(classes=("ants", word)), relabel=A)[0]
    assert seen(found)["train"][b"train 1"] == word


@pytest.mark.parametrize("name", ["=1+1", "<b>x", "-x", "+1 x", "a\tb.jpg", "Käfer", "ca\u0301fe"])
def test_paths_and_classes_are_found_as_a_review_escapes_them(name: str) -> None:
    raw = made({"train": [(name, 0), ("other", 1), ("more", 0)]}, ("ants", "=bees"))
    file = io.StringIO()
    rows = [["path", "label", "decision"], [cell(name), "ants", cell("=bees")]]
    csv.writer(file).writerows(rows)
    write(file.getvalue())
    assert cleaned(raw, relabel=A)[1] == [LabelChange("ants", "=bees", 1)]


def test_what_inspect_writes_is_read_with_a_person_s_decisions() -> None:
    names = ["=1+1.png", "a,b;<i>.png", "plain.png", "\u202egnp.exe"]
    rows = [
        review.Row(name, "train", "=ants", "label_error", 0.9, "bees", names[0], decision)
        for name, decision in zip(names, ["exclude", "bees", "keep", "'=ants"], strict=True)
    ]
    review.write(rows, {})
    write(review.TABLE.read_bytes())
    raw = made({"train": [(name, 0) for name in names] + [("other.png", 1)]}, ("=ants", "bees"))
    found, changes = cleaned(raw, exclude=A, relabel=A)
    assert changes == [LabelChange("=ants", "", 1), LabelChange("=ants", "bees", 1)]
    assert {*seen(found)["train"]} == {f"train {n}".encode() for n in (1, 2, 3, 4)}


def test_labels_that_look_like_numbers_stay_text() -> None:
    write("path,label\na,001\n")
    raw = made({"train": [("a", 0), ("b", 1), ("c", 0)]}, ("1", "001"))
    assert cleaned(raw, relabel=A)[1] == [LabelChange("1", "001", 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file\nx\n", "has the columns file; add those that are missing:\npath"),
        ("path,path\na,b\n", "two columns of one name; take one away:\npath"),
        ("path,split\ntrain/ants/2.jpg,tarin\n", "row 2: split tarin is unknown"),
        ("path,split\n,train\n", "row 2: the path is empty"),
        ("path\na,b\n", "row 2 has 2 cells, the header has 1"),
        ("\n \n", "is no table (it is empty)"),
        (b"path\n\xff\n", "is no table"),
        ("", "which is empty; write a table"),
    ],
)
def test_a_table_that_is_none_is_refused(text: str | bytes, said: str) -> None:
    write(text)
    assert said in refused(exclude=A)


def test_a_table_with_labels_needs_them_all() -> None:
    write("path,label\ntrain/ants/2.jpg,\n")
    assert "row 2: the label is empty" in refused(relabel=A)
    write("path\ntrain/ants/2.jpg\n")
    assert "missing:\nlabel" in refused(relabel=A)


@pytest.mark.parametrize(
    "place",
    ["a.csv", "data/a.csv", "data/cleaning", "data/cleaning/../a.csv", "/data/cleaning/a.csv"],
)
def test_a_table_that_dvc_does_not_watch_is_refused(place: str) -> None:
    assert "expected is a table in data/cleaning, which DVC watches" in refused(exclude=place)


def test_a_table_that_is_not_there_is_answered_with_the_nearest() -> None:
    write("path\n", "data/cleaning/review.csv")
    message = refused(exclude="data/cleaning/reveiw.csv")
    assert "No such file" in message
    assert "the nearest is data/cleaning/review.csv" in message
    Path("data/cleaning/review.csv").unlink()
    assert "data/cleaning holds no other table" in refused(exclude="data/cleaning/reveiw.csv")


@pytest.mark.parametrize("place", [".git/a.csv", ".dvc/a.csv", ".a.csv", "linked/a.csv"])
def test_a_table_where_dvc_does_not_look_is_refused(place: str) -> None:
    write("path\ntrain/ants/2.jpg\n", "elsewhere/a.csv")
    Path(A).parent.mkdir(parents=True)
    Path("data/cleaning/linked").symlink_to(Path("elsewhere").resolve())
    if "linked" not in place:
        write("path\ntrain/ants/2.jpg\n", f"data/cleaning/{place}")
    message = refused(exclude=f"data/cleaning/{place}")
    assert "hidden or in a linked folder, where DVC does not see it change; move it" in message


def test_a_table_may_be_a_link_and_in_a_folder() -> None:
    write("path\ntrain/ants/2.jpg\n", "elsewhere/a.csv")
    Path("data/cleaning/mine").mkdir(parents=True)
    Path("data/cleaning/mine/a.csv").symlink_to(Path("elsewhere/a.csv").resolve())
    assert cleaned(exclude="data/cleaning/mine/a.csv")[1] == [LabelChange("ants", "", 1)]


def test_a_table_that_is_no_file_is_called_that() -> None:
    Path(A).mkdir(parents=True)
    assert "which is no file; write a table with a column path" in refused(exclude=A)
    os.mkfifo(B)
    assert "which is no file; write a table with a column path" in refused(exclude=B)


def test_a_link_to_nothing_is_not_the_nearest_to_itself() -> None:
    Path(A).parent.mkdir(parents=True)
    Path(A).symlink_to("gone.csv")
    message = refused(exclude=A)
    assert "No such file or directory, in a link to gone.csv" in message
    assert "data/cleaning holds no other table" in message


def test_a_row_of_fewer_cells_is_refused_where_a_decision_may_be_in_another_column() -> None:
    write("path,label,decision\ntrain/ants/2.jpg,exclude\n")
    message = refused(exclude=A, relabel=A)
    assert "fewer cells than the header's 3" in message
    assert message.endswith("\nrow 2 has 2 cells")


def test_a_row_about_another_label_than_the_image_has_is_refused() -> None:
    write("path,label,decision\ntrain/ants/2.jpg,bees,exclude\n")
    assert "its label is ants, and the row says bees" in refused(exclude=A, relabel=A)
    write("path,label,decision\ntrain/ants/2.jpg,bees,bees\n")  # again, after it was applied
    assert cleaned(exclude=A, relabel=A)[1] == [LabelChange("ants", "bees", 1)]


def test_a_table_of_new_labels_leaves_nothing_out() -> None:
    write("path,label\ntrain/ants/2.jpg,bees\n")
    assert "for download.relabel?" in refused(exclude=A)
    write("path,label\ntrain/ants/2.jpg,ants\n")
    assert cleaned(exclude=A)[1] == [LabelChange("ants", "", 1)]


@pytest.mark.parametrize("head", ["path,Decision", "path,decision ?", "path,DECISION"])
def test_a_column_like_decision_is_not_passed_over(head: str) -> None:
    write(f"{head}\ntrain/ants/2.jpg,keep\n")
    for named in ({"exclude": A}, {"exclude": A, "relabel": A}):
        assert f"has no column decision, but {head[5:]}; call" in refused(None, **named)


def test_decisions_of_bytes_are_not_passed_over() -> None:
    Path(A).parent.mkdir(parents=True)
    table = pa.table({"path": ["train/ants/2.jpg"], "decision": [b"keep"]})
    pq.write_table(table, "data/cleaning/r.parquet")
    message = refused(exclude="data/cleaning/r.parquet")
    assert "has no column decision, but decision (binary)" in message


@pytest.mark.parametrize(
    ("text", "columns"), [("sep=;\npath;x\na;\n", "sep=, "), ("path;x,\na;b,\n", "path;x, ")]
)
def test_a_table_without_decisions_has_its_columns_named(text: str, columns: str) -> None:
    write(text)
    assert f"its columns are {columns}; add a column decision" in refused(exclude=A, relabel=A)


TEXTS = {"1.jpg": b"x", "1.txt": b"b", "2.jpg": b"y", "2.txt": b"a"}
ROWS = {"x/1.jpg": b"1", "x/2.jpg": b"2", "t.csv": b"file,label\n2.jpg,a\n1.jpg,b\n"}


def shard(images: list[object]) -> dict[str, bytes]:
    file = io.BytesIO()
    pq.write_table(pa.table({"image": images, "label": ["b", "a"]}), file)
    return {"t.parquet": file.getvalue()}


NAMED = shard([{"bytes": b"1", "path": "1.png"}, {"bytes": b"2", "path": None}])
LAYOUTS = {
    "folder": lambda: folder.load(store("b/1.jpg", "b/2.jpg", "a/1.jpg", "a/3.jpg")),
    "pairs": lambda: pairs.load(packed(TEXTS)),
    "table": lambda: table.load(packed(ROWS), params()),
    "parquet": lambda: parquet.load(packed(NAMED), params()),
    "parquet without paths": lambda: parquet.load(packed(shard([b"1", b"2"])), params()),
    "digits": digits.load,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_lists_its_images_in_their_order(layout: str) -> None:
    raw = LAYOUTS[layout]()
    listed = {split: [*entries] for split, entries in raw.entries.items()}
    assert listed == {s: [(i.path, i.label) for i in of] for s, of in raw.splits.items()}
    assert all(listed.values())


@st.composite
def sets(draw: st.DrawFn) -> tuple[dict[str, list[tuple[str, int]]], dict[tuple[str, int], str]]:
    """Draw splits of images, whose paths may recur between splits, and decisions about some."""
    labels = {
        split: draw(st.lists(st.integers(0, 2), min_size=2, max_size=6))
        for split in draw(st.sampled_from([("train",), ("train", "test"), ("train", "val")]))
    }
    paths = {s: [(f"{n}.png", label) for n, label in enumerate(of)] for s, of in labels.items()}
    every = [(split, n) for split, of in labels.items() for n in range(1, len(of))]
    what = st.sampled_from(["exclude", "keep", "", "a", "b", "c", "new: d"])
    return paths, {one: draw(what) for one in every if draw(st.booleans())}


@given(sets())
def test_decisions_do_what_they_say(
    drawn: tuple[dict[str, list[tuple[str, int]]], dict[tuple[str, int], str]],
) -> None:
    paths, decided = drawn
    names = "abc"
    rows = [f"{n}.png,{split},{what}\n" for (split, n), what in decided.items()]
    write("path,split,decision\n" + "".join(rows))
    found, changes = cleaned(made(paths, tuple(names)), exclude=A, relabel=A)
    expected = {
        split: {
            f"{split} {n}".encode(): what.removeprefix("new: ")
            for n, (_, label) in enumerate(of)
            if (what := decided.get((split, n), "").replace("keep", "") or names[label])
            != "exclude"
        }
        for split, of in paths.items()
    }
    assert seen(found) == expected
    moves = Counter(
        (names[paths[s][n][1]], what.removeprefix("new: ").replace("exclude", ""))
        for (s, n), what in decided.items()
        if what not in {"", "keep", names[paths[s][n][1]]}
    )
    assert changes == sorted(LabelChange(*move, images) for move, images in moves.items())


def test_the_summary_names_both_tables() -> None:
    changes = [LabelChange("a", "", 3), LabelChange("a", "b", 1000)]
    (line,) = summary(changes, [], params(exclude=A, relabel=B))
    assert line == f"3 images left out and 1,000 relabelled, by {A} and {B}"
    (line,) = summary([LabelChange("a", "", 1)], [], params(exclude=A))
    assert line.startswith("1 image left out and 0 relabelled")
    assert [*summary([], [], params())] == []


def again(text: str, **named: object) -> tuple[Raw, list[LabelChange]]:
    """Apply a first review, and this text as a second."""
    write("path,split,label,decision\n1.png,train,ants,bees\n2.png,test,bees,exclude\n")
    write(f"path,split,label,decision\n{text}", B)
    return cleaned(made(SAME), **({"exclude": (A, B), "relabel": (A, B)} | named))


def test_of_several_tables_all_hold() -> None:
    write("path\ntrain/ants/2.jpg\n")
    write("path\ntest/ants/1.jpg\n", B)
    found, changes = cleaned(exclude=(A, B))
    assert changes == [LabelChange("ants", "", 2)]
    left = seen(found)
    assert {*left["train"], *left["test"]} == {b"train 0", b"train 2", b"test 1"}
    assert [*summary(changes, [], params(exclude=(A, B)))] == [
        f"2 images left out and 0 relabelled, by {A} and {B}"
    ]


def test_tables_that_contradict_each_other_are_refused() -> None:
    write("path\ntrain/ants/2.jpg\n")
    write("path,label\ntrain/ants/2.jpg,bees\n", B)
    assert f"{A}: row 2 leaves it out, {B}: row 2 calls it bees" in refused(exclude=A, relabel=B)
    write("path,decision\ntrain/ants/2.jpg,keep\n", B)
    assert "keeps it" in refused(exclude=(A, B))


@pytest.mark.parametrize("tables", [(A, B), (B, A)])
@pytest.mark.parametrize("word", ["keep", "bees", ""])
def test_a_second_review_calls_an_image_by_its_new_label(
    tables: tuple[str, str], word: str
) -> None:
    row = f"1.png,train,bees,{word}\n3.png,train,ants,exclude\n"
    found, changes = again(row, exclude=tables, relabel=tables)
    assert changes == [
        LabelChange("ants", "", 1),
        LabelChange("ants", "bees", 1),
        LabelChange("bees", "", 1),
    ]
    assert seen(found)["train"] == {b"train 0": "bees", b"train 1": "bees"}


def test_a_second_review_cannot_take_back_the_first() -> None:
    message = refused_again("1.png,train,bees,exclude\n")
    assert f"{A}: row 2 calls it bees, {B}: row 2 leaves it out" in message
    message = refused_again("1.png,train,ants,keep\n")
    assert f"{A}: row 2 calls it bees, {B}: row 2 keeps it" in message


def test_a_new_label_may_be_that_of_another_image() -> None:
    message = refused_again("1.png,train (anew),bees,keep\n")  # now both are bees
    assert "2 images may be meant, of which one got its label bees by another table" in message


def refused_again(text: str) -> str:
    with pytest.raises(UserError) as caught:
        again(text)
    return str(caught.value)


def test_what_stays_is_recorded_for_the_next_review() -> None:
    write("path,label,decision\n1.png,ants,keep\n3.png,ants,new: wasps\n2.png,bees,ants\n")
    raw = made({"train": [("1.png", 0), ("2.png", 1), ("3.png", 0), ("4.png", 1)]})
    assert cleaned(raw, relabel=A)[0].decided == [
        ("train", "1.png", "ants", "keep"),
        ("train", "2.png", "ants", "ants"),
        ("train", "3.png", "wasps", "new: wasps"),
    ]


def test_rows_of_relabelled_images_are_those_that_are_left() -> None:
    write("path\n1.png\n3.png\n")
    write("path,label\n2.png,ants\n4.png,bees\n5.png,ants\n", B)
    raw = made({"train": [(f"{n}.png", n % 2) for n in range(1, 7)], "test": [("7.png", 0)]})
    found = cleaned(raw, exclude=A, relabel=B)[0]
    labels = {image.path: image.label for image in found.splits["train"]}
    of = found.cleaned["train"]
    assert (of.excluded, of.tables) == (2, (A, B))
    assert [[*labels][row] for row in of.relabelled] == ["4.png", "5.png"]  # 2.png was of ants
    assert found.cleaned["test"] == NONE
