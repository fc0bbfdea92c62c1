from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from toys import INTERFACE, append

from stages.artifacts import splits
from stages.artifacts.splits import NAMES, Split, Writer
from stages.errors import UserError
from stages.imaging import oddities
from stages.imaging.assembly import EXCLUDED, ImageRecords
from stages.imaging.duplicates import DuplicateReport
from stages.imaging.oddities import NARROW
from stages.imaging.summary import LISTED, Failures, figures, messages, refuse_failures

NOTHING = DuplicateReport(
    repeated=0,
    shared={"train_and_val": 0, "train_and_test": 0, "val_and_test": 0},
    contradictory=0,
    leaked=np.array([], np.int64),
    examples=[],
)
FAIL, EXCLUDE = Failures(on_error="fail"), Failures(on_error="exclude")
REMEDY = "mend them at their source, or set preprocess.on_error: exclude to leave them out"


def seen(
    failures: dict[str, str] | None = None, remarks: dict[str, str] | None = None
) -> ImageRecords:
    """Return what is known of 6 images, numbered 1 to 6; number 0 is damaged."""
    return ImageRecords(
        split_ids=np.array([EXCLUDED, 0, 1, 2, 0, 1, 0], np.int8),
        checksums=np.zeros(7, np.uint32),
        sizes=Counter({(8, 9): 2, (3, 20): 2, (8, 8): 1, (30, 7): 1}),
        failures={} if failures is None else failures,
        histogram=np.zeros((1, 256), np.int64),
        remarks=remarks or {},
    )


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Writer]:
    labels = {"train": [0, 2, 2], "val": [2, 0], "test": [2]}
    with splits.writer((4, 5, 1), tmp_path / "splits") as writer:
        for name in NAMES:
            found = np.array(labels[name], np.int64)
            append(writer, name, Split(np.zeros((len(found), 4, 5, 1), np.uint8), found))
        yield writer
        writer.finish(INTERFACE, {})


def complaint(failures: dict[str, str]) -> list[str]:
    with pytest.raises(UserError) as caught:
        refuse_failures(failures, FAIL)
    return str(caught.value).split("\n")


def test_without_a_failure_nothing_is_refused() -> None:
    refuse_failures({}, FAIL)


def test_failures_may_be_left_out() -> None:
    refuse_failures({"a.png": "truncated"}, EXCLUDE)


def test_no_path_forges_a_line() -> None:
    with pytest.raises(UserError) as caught:
        refuse_failures({"a\n\x1b[2Jb": "no image"}, FAIL)
    assert str(caught.value).splitlines()[0] == "a\\n\\x1b[2Jb: cannot be decoded: no image"


def test_every_bad_file_is_named_once_with_its_reason_and_the_remedy() -> None:
    assert complaint({"a.png": "truncated", "b/c.jpg": "no image"}) == [
        "a.png: cannot be decoded: truncated",
        "b/c.jpg: cannot be decoded: no image",
        f"2 images; {REMEDY}",
    ]


@pytest.mark.parametrize("count", [LISTED, LISTED + 1, 3 * LISTED])
def test_of_many_bad_files_the_first_are_named_and_the_rest_counted(count: int) -> None:
    lines = complaint({f"{number}.png": "why" for number in range(count)})
    named = [f"{number}.png: cannot be decoded: why" for number in range(min(count, LISTED))]
    more = [f"and {count - LISTED} more"] if count > LISTED else []
    assert lines == [*named, *more, f"{count} images; {REMEDY}"]


def test_the_figures_are_what_was_seen(out: Writer) -> None:
    found = NOTHING._replace(
        repeated=3,
        shared={"train_and_val": 1, "train_and_test": 0, "val_and_test": 2},
        contradictory=1,
        leaked=np.array([1, 6]),
        examples=[[("train", "1.png"), ("val", "5.png")], [("train", "6.png"), ("test", "3.png")]],
    )
    odd = {"1.png": NARROW, "2.png": "wholly transparent", "3.png": NARROW}
    assert figures(("a", "none", "c"), out, seen({"0.png": "empty"}, odd), found) == {
        "counts": [
            {
                "images": {"train": 3, "val": 2, "test": 1},
                "excluded": 1,
                "repeated": 3,
                "leaked": 2,
                "contradictory": 1,
                "transparent": 1,
                "unused_alpha": 0,
                "narrow_range": 2,
            }
        ],
        "classes": [
            {"class": "a", "train": 1, "val": 1, "test": 0},
            {"class": "none", "train": 0, "val": 0, "test": 0},
            {"class": "c", "train": 2, "val": 1, "test": 1},
        ],
        "sizes": [
            {
                "different": 4,
                "commonest": (3, 20),  # as common as (8, 9), and smaller
                "height": [3, 30],
                "width": [7, 20],
            }
        ],
        "excluded_files": [{"file": "0.png", "reason": "empty"}],
        "odd_files": [
            {"file": "1.png", "remark": NARROW},
            {"file": "2.png", "remark": "wholly transparent"},
            {"file": "3.png", "remark": NARROW},
        ],
        "shared": [
            {"splits": "train_and_val", "images": 1},
            {"splits": "train_and_test", "images": 0},
            {"splits": "val_and_test", "images": 2},
        ],
        "duplicates": [["train: 1.png", "val: 5.png"], ["train: 6.png", "test: 3.png"]],
    }


def test_the_figures_name_images_that_were_dropped_too(out: Writer) -> None:
    out.remove("train", np.array([0]))
    found = NOTHING._replace(examples=[[("train", "1.png")]])
    result = figures(("a", "b", "c"), out, seen(), found)
    assert result["duplicates"] == [["train: 1.png"]]


def test_what_is_in_order_needs_no_remark() -> None:
    assert list(messages(seen(), NOTHING)) == []


def test_one_image_is_no_images() -> None:
    (line,) = messages(seen({"a": "x"}, {}), NOTHING)
    assert line.startswith("1 image left out as undecodable; listed in")


def test_every_finding_has_a_remark() -> None:
    found = NOTHING._replace(
        repeated=9,
        shared={"train_and_val": 1, "train_and_test": 4, "val_and_test": 2},
        contradictory=3,
    )
    odd = {"c": NARROW, "d": "wholly transparent", "e": NARROW}
    same = "; listed in metrics/preprocess.json as duplicates"
    assert list(messages(seen({"a": "x", "b": "y"}, odd)._replace(dropped=5), found)) == [
        ("2 images left out as undecodable; listed in metrics/preprocess.json as excluded_files"),
        f"1 image of train has the same pixels as images of val{same}",
        f"4 images of train have the same pixels as images of test{same}",
        f"2 images of val have the same pixels as images of test{same}",
        "5 of them dropped from train",
        f"3 times the same pixels bear different labels{same}",
        (
            "2 images may not be what they should: uses at most a sixteenth of its range; "
            "listed in metrics/preprocess.json as odd_files"
        ),
        (
            "1 image may not be what it should: wholly transparent; "
            "listed in metrics/preprocess.json as odd_files"
        ),
    ]


def test_of_many_odd_images_the_first_are_listed(out: Writer) -> None:
    odd = {f"{number}.png": NARROW for number in range(3 * oddities.LISTED)}
    result = figures(("a", "b", "c"), out, seen(remarks=odd), NOTHING)
    listed = result["odd_files"]
    assert isinstance(listed, list)
    assert len(listed) == oddities.LISTED
    (counts,) = result["counts"]  # type: ignore[misc]
    assert counts["narrow_range"] == 3 * oddities.LISTED  # type: ignore[has-type]
