import json
from pathlib import Path

from stages.artifacts import download_metrics
from stages.artifacts.download_metrics import Arrived, LabelChange

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


def test_the_order_of_the_splits_does_not_change_the_bytes(tmp_path: Path) -> None:
    one, other = Arrived("", {"a": 1, "b": 2}), Arrived("", {"b": 2, "a": 1})
    download_metrics.write({"train": 5, "test": 2}, one, [], tmp_path / "first")
    download_metrics.write({"test": 2, "train": 5}, other, [], tmp_path / "again")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()
