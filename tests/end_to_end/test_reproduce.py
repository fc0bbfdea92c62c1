"""The promise: same parameters, same bytes, whoever runs it and wherever."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import Clone
from ruamel.yaml import YAML

STAGES = ["download", "preprocess", "train", "evaluate", "inspect", "export"]


def digests(root: Path) -> dict[str, str]:
    """Return the digest of every output, by its path; how long a file takes is in none of them."""
    folders = (root / name for name in ("data", "metrics", "models"))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files.remove(root / "metrics/environment/export.js")
    files.append(root / "dvc.lock")
    return {str(f.relative_to(root)): sha256(f.read_bytes()).hexdigest() for f in files}


@pytest.fixture(scope="module")
def other(clone: Callable[[str], Clone]) -> Clone:
    made = clone("elsewhere, with spaces and ümlauts")
    made.run("dvc", "repro")
    return made


def test_two_clones_give_the_same_bytes(pristine: Clone, other: Clone) -> None:
    expected = digests(pristine.root)
    assert {
        "dvc.lock",
        "data/raw/train-00000-of-00001.parquet",
        "data/splits/test/images.npy",
        "models/classifier.safetensors",
        "models/export/model.onnx",
        "metrics/evaluate.json",
        "metrics/evaluate/plots/confusion.csv",
        "metrics/export.json",
        "metrics/history.csv",
    } <= set(expected)
    assert digests(other.root) == expected


def test_no_output_holds_the_path_of_its_clone(pristine: Clone) -> None:
    for name in digests(pristine.root):
        assert str(pristine.root.parent).encode() not in (pristine.root / name).read_bytes(), name


def test_a_second_run_skips_every_stage(pristine: Clone) -> None:
    printed = pristine.run("dvc", "repro")
    assert [line for line in printed.splitlines() if "didn't change, skipping" in line] == [
        f"Stage '{name}' didn't change, skipping" for name in STAGES
    ]
    assert "Running" not in printed


def test_a_clone_of_a_run_shows_metrics_and_plots_without_data(
    reproduced: Clone, tmp_path: Path
) -> None:
    reproduced.run("git", "add", "-A")
    reproduced.run("git", "commit", "-qm", "Run")
    reproduced.run("git", "clone", "-q", str(reproduced.root), str(tmp_path / "fresh"))
    fresh = Clone(tmp_path / "fresh")
    assert "accuracy" in fresh.run("dvc", "metrics", "show")
    fresh.run("dvc", "plots", "show")
    page = (fresh.root / "dvc_plots" / "index.html").read_text("utf-8")
    for title in ("Loss, in nats per image", "Accuracy", "Learning rate", "Confusion matrix"):
        assert title in page


def test_the_same_result_on_another_machine_leaves_nothing_to_commit(reproduced: Clone) -> None:
    record = reproduced.root / "metrics/environment/preprocess.json"
    record.write_text(record.read_text("utf-8").replace('"cpu": "', '"cpu": "Not '), "utf-8")
    reproduced.run("git", "add", "-A")
    reproduced.run("git", "commit", "-qm", "Run elsewhere")
    reproduced.run("dvc", "repro", "--force", "--single-item", "preprocess")
    assert not reproduced.run("git", "status", "--porcelain")


def test_the_digits_are_learnt(pristine: Clone) -> None:
    scores = YAML(typ="safe").load(pristine.root / "metrics" / "evaluate.json")
    assert scores["accuracy"] >= 0.975
    compared = YAML(typ="safe").load(pristine.root / "metrics" / "export.json")
    assert compared["formats"][0]["agreement"] == 1
