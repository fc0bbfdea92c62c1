import json
from pathlib import Path

from stages.artifacts import download_metrics


def test_what_came_in_and_what_was_passed_over_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "download.json"
    download_metrics.write(
        {"train": 5, "test": 2}, {"text": 1, "empty": 3}, {"empty": ["a", "b\n"]}, path
    )
    assert json.loads(path.read_text("utf-8")) == {
        "images": {"train": 5, "test": 2},
        "passed_over": 4,
        "kinds": [
            {"kind": "empty", "files": 3, "names": ["a", "b\n"]},
            {"kind": "text", "files": 1, "names": []},
        ],
    }


def test_the_order_of_the_splits_does_not_change_the_bytes(tmp_path: Path) -> None:
    download_metrics.write({"train": 5, "test": 2}, {"a": 1, "b": 2}, {}, tmp_path / "first")
    download_metrics.write({"test": 2, "train": 5}, {"b": 2, "a": 1}, {}, tmp_path / "again")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()


def test_nothing_passed_over_is_written_too(tmp_path: Path) -> None:
    download_metrics.write({"train": 1}, {}, {}, tmp_path / "file")
    written = json.loads((tmp_path / "file").read_text("utf-8"))
    assert written == {"images": {"train": 1}, "passed_over": 0, "kinds": []}
