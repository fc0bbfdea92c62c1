import json
from pathlib import Path

import pytest

from stages.artifacts import download_metrics
from stages.artifacts.download_metrics import Arrived, LabelChange
from stages.errors import UserError

NOTHING = Arrived("", {})


def test_what_came_in_and_what_was_passed_over_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "download.json"
    published = Arrived("MNIST", {"text": 1, "empty": 3}, {"empty": ["a", "b\n"]})
    download_metrics.write({"train": 5, "test": 2}, published, [], path)
    assert json.loads(path.read_text("utf-8")) == {
        "counts": [
            {
                "dataset": "MNIST",
                "images": {"train": 5, "test": 2},
                "excluded": 0,
                "relabelled": 0,
                "passed_over": 4,
            }
        ],
        "changes": [],
        "kinds": [
            {"kind": "empty", "files": 3, "names": ["a", "b\n"]},
            {"kind": "text", "files": 1, "names": []},
        ],
    }


def test_what_a_cleaning_changed_is_counted(tmp_path: Path) -> None:
    changes = [LabelChange("a", "", 2), LabelChange("a", "b", 3), LabelChange("b", "", 4)]
    download_metrics.write({"train": 5}, NOTHING, changes, tmp_path / "file")
    written = json.loads((tmp_path / "file").read_text("utf-8"))
    (counts,) = written["counts"]
    assert (counts["excluded"], counts["relabelled"]) == (6, 3)
    assert written["changes"][1] == {"former": "a", "now": "b", "images": 3}


def test_what_a_report_tells_is_read(tmp_path: Path) -> None:
    arrived = Arrived("MNIST", {"text": 1, "empty": 3})
    changes = [LabelChange("a", "", 2), LabelChange("a", "b", 3)]
    download_metrics.write({"train": 5, "test": 2}, arrived, changes, tmp_path / "file")
    found = download_metrics.read(tmp_path / "file")
    assert found == ("MNIST", {"train": 5, "test": 2}, 2, 3, {"text": 1, "empty": 3})


def test_a_file_of_an_older_version_has_no_name(tmp_path: Path) -> None:
    counts = {"images": {"train": 5}, "excluded": 0, "relabelled": 0, "passed_over": 0}
    (tmp_path / "file").write_text(json.dumps({"counts": [counts], "kinds": []}))
    assert download_metrics.read(tmp_path / "file").dataset == ""


@pytest.mark.parametrize("text", ["", "[]", '{"counts": []}', '{"counts": [{}], "kinds": []}'])
def test_a_damaged_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(UserError, match=r"file: cannot be read .*dvc repro download"):
        download_metrics.read(tmp_path / "file")


def test_the_order_of_the_splits_does_not_change_the_bytes(tmp_path: Path) -> None:
    one, other = Arrived("", {"a": 1, "b": 2}), Arrived("", {"b": 2, "a": 1})
    download_metrics.write({"train": 5, "test": 2}, one, [], tmp_path / "first")
    download_metrics.write({"test": 2, "train": 5}, other, [], tmp_path / "again")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()
