"""Images of the user's own: watched, checked, and the same from a folder or an archive."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import EPOCHS, Clone
from PIL import Image as Picture

PARAMS = [
    ("dataset: digits", "dataset: folder"),
    ("image_size: [8, 8]", "image_size: [12, 10]"),
    ("channels: 1", "channels: 3"),
    (f"epochs: {EPOCHS}", "epochs: 1"),
]
COLOURS = {"blue": (0, 0, 200), "red": (200, 0, 0)}


def draw(folder: Path) -> None:
    """Draw 24 pictures, unlike in size, format and brightness, in a folder a colour."""
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for number in range(12):
            picture = Picture.new("RGB", (20 + number, 16), tuple(c + number for c in colour))
            picture.save(folder / name / f"{number:02}.{'png' if number % 2 else 'bmp'}")


@pytest.fixture(scope="module")
def colours(clone: Callable[[str], Clone]) -> Clone:
    made = clone("colours")
    draw(made.root / "data" / "source")
    for old, new in PARAMS:
        made.params(old, new)
    made.run("dvc", "repro")
    return made


@pytest.fixture
def own(colours: Clone, tmp_path: Path) -> Clone:
    return colours.copy(tmp_path / "copy")


def report(clone: Clone, stage: str) -> dict[str, object]:
    path = clone.root / "metrics" / f"{stage}.json"
    found: dict[str, object] = json.loads(path.read_text("utf-8"))
    return found


def counts(clone: Clone, stage: str) -> dict[str, object]:
    (found,) = report(clone, stage)["counts"]  # type: ignore[misc]
    return found  # type: ignore[has-type, no-any-return]


def test_the_whole_pipeline_runs_on_them(colours: Clone) -> None:
    # The README in data/source is no image.
    assert counts(colours, "download")["images"] == {"train": 24}
    assert counts(colours, "download")["passed_over"] == 1
    assert sum(counts(colours, "preprocess")["images"].values()) == 24  # type: ignore[attr-defined]
    assert (colours.root / "metrics" / "preprocess" / "samples.svg").exists()
    assert (colours.root / "models" / "export" / "model.onnx").exists()


def test_an_image_that_changes_is_noticed(own: Clone) -> None:
    Picture.new("RGB", (30, 30), (9, 9, 250)).save(own.root / "data/source/blue/new.png")
    printed = own.run("dvc", "repro", "preprocess")
    assert "Running stage 'download'" in printed
    assert counts(own, "download")["images"] == {"train": 25}


def test_a_folder_and_an_archive_of_it_give_the_same_bytes(own: Clone, tmp_path: Path) -> None:
    before = (own.root / "data/raw/train-00000-of-00001.parquet").read_bytes()
    source = own.root / "data" / "source"
    archive = shutil.make_archive(str(tmp_path / "colours"), "zip", source)
    own.params("path: data/source", f"path: {archive}")
    own.run("dvc", "repro", "download")
    assert (own.root / "data/raw/train-00000-of-00001.parquet").read_bytes() == before


def test_a_bad_image_is_named_or_left_out(own: Clone) -> None:
    whole = (own.root / "data/source/red/03.png").read_bytes()
    (own.root / "data/source/red/03.png").write_bytes(whole[:50])
    (own.root / "data/source/blue/note.txt").write_text("no image", "utf-8")
    printed = own.run("dvc", "repro", "preprocess", code=255)
    assert "red/03.png: cannot be decoded" in printed
    assert "blue/note.txt: cannot be decoded" in printed
    assert "preprocess.on_error: exclude" in printed
    assert "Traceback" not in printed
    assert not (own.root / "data" / "splits").exists()

    own.params("on_error: fail", "on_error: exclude")
    own.run("dvc", "repro", "preprocess")
    files = report(own, "preprocess")["excluded_files"]
    assert sorted(entry["file"] for entry in files) == ["blue/note.txt", "red/03.png"]  # type: ignore[attr-defined]


def test_the_number_of_workers_changes_no_byte(own: Clone) -> None:
    lock = (own.root / "dvc.lock").read_text("utf-8")
    own.params("workers: auto", "workers: 3")
    printed = own.run("dvc", "repro")
    assert "Running stage 'preprocess'" in printed
    assert "Stage 'train' didn't change, skipping" in printed
    changed = (own.root / "dvc.lock").read_text("utf-8")
    assert changed.replace("workers: 3", "workers: auto") == lock
