import json
from pathlib import Path

import pytest

from stages.artifacts import exported
from stages.artifacts.exported import Portable
from stages.errors import UserError

PORTABLE = Portable(
    {"model.onnx": b"\x00\xff", "README.md": b"two"},
    {"onnx": {"agreement": 2 / 3, "bytes": 2}, "pt2": {"unsupported": "an if"}},
)


def test_each_file_is_written(tmp_path: Path) -> None:
    exported.write(PORTABLE, tmp_path)
    folder = tmp_path / exported.MODELS
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == PORTABLE.files


def test_a_format_may_be_a_folder(tmp_path: Path) -> None:
    made = Portable({"a.mlpackage/Data/model": b"1", "a.mlpackage/weights": b"2", "b": b"3"}, {})
    exported.write(made, tmp_path)
    folder = tmp_path / exported.MODELS
    for path, content in made.files.items():
        assert (folder / path).read_bytes() == content
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 3


def test_the_comparison_is_json(tmp_path: Path) -> None:
    exported.write(PORTABLE, tmp_path)
    comparison = json.loads((tmp_path / exported.COMPARISON).read_text())
    assert comparison == {
        "formats": [
            {"format": "onnx", "agreement": 0.666667, "bytes": 2},
            {"format": "pt2", "unsupported": "an if"},
        ]
    }


def test_a_model_that_is_no_longer_exported_disappears(tmp_path: Path) -> None:
    exported.write(PORTABLE, tmp_path)
    exported.write(Portable({"model.onnx": b"new"}, {}), tmp_path)
    assert [path.name for path in (tmp_path / exported.MODELS).iterdir()] == ["model.onnx"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(UserError, match="models/export: cannot be written"):
        exported.write(PORTABLE, tmp_path)
