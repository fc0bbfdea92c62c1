"""A user's mistake ends a stage with one message that names the remedy, and exit code 1.

Every stage is run as DVC runs it, `python -m stages.train`, for one mistake at the least; for the
others this process forks, which spares the seconds of importing.
"""

import multiprocessing
import os
import sys
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from conftest import Clone

from stages import launch


def complaint(clone: Clone, stage: str) -> str:
    """Run a stage that must fail, and return its message."""
    printed = clone.run("python", "-m", f"stages.{stage}", code=1)
    assert "Traceback" not in printed
    return printed.strip()


def forked_complaint(clone: Clone, stage: str) -> str:
    """Run a stage that must fail in a copy of this process, and return its message."""
    import_module(f"stages.{stage}")
    log = clone.root.with_name("log.txt")
    process = multiprocessing.get_context("fork").Process(target=run, args=(clone.root, stage, log))
    process.start()
    process.join(120)
    process.kill()  # where it hangs; else it has ended
    printed = log.read_text("utf-8")
    assert process.exitcode == 1, printed
    assert "Traceback" not in printed
    return printed.strip()


def run(root: Path, stage: str, log: Path) -> None:
    """Run a stage in a clone, and write down what it prints.

    By one thread: those of OpenMP do not outlive a fork, and would be waited for without an end.
    """
    os.chdir(root)
    sys.stdout = sys.stderr = log.open("w", encoding="utf-8", buffering=1)
    torch.set_num_threads(1)
    with patch.object(torch, "set_num_threads"):
        launch.run(import_module(f"stages.{stage}").main)


@pytest.mark.parametrize(
    ("stage", "old", "new", "message"),
    [
        ("train", "lr: 0.005", "lr: -1", "train.lr must be greater than 0, is -1"),
        ("train", "lr: 0.005", "lr: fast", 'train.lr must be a valid number, is "fast"'),
        ("train", "  lr: 0.005", "  learning: 1", "train.learning is unknown"),
        ("download", "dataset: digits", "datasets: digits", "did you mean download.dataset?"),
        ("download", "dataset: digits", "dataset: digit", "download.dataset must be 'digits'"),
        (
            "preprocess",
            "image_size: [8, 8]",
            "image_size: [8, 3]",
            "image_size.1 must be greater than or equal to 4, is 3",
        ),
        ("preprocess", "test_fraction: 0.2", "test_fraction: 0.9", "must be less than 1, is 1.05"),
        ("evaluate", "\nevaluate:", "\nevaluation:", "did you mean evaluate?"),
        ("export", "opset: 20", "opset: [20", "params.yaml: is not valid YAML"),
    ],
)
def test_params(
    pristine: Clone, tmp_path: Path, stage: str, old: str, new: str, message: str
) -> None:
    clone = pristine.copy(tmp_path / "copy")
    clone.params(old, new)
    printed = forked_complaint(clone, stage)
    assert all(line.startswith("params.yaml: ") for line in printed.splitlines())
    assert message in printed


def test_no_params_at_all(reproduced: Clone) -> None:
    (reproduced.root / "params.yaml").unlink()
    assert "git checkout params.yaml" in complaint(reproduced, "download")


@pytest.mark.parametrize(
    ("stage", "artifact", "maker"),
    [
        ("preprocess", "data/raw/train-00000-of-00001.parquet", "download"),
        ("train", "data/splits/train/images.npy", "preprocess"),
        ("train", "data/splits/meta.json", "preprocess"),
        ("evaluate", "models/classifier.safetensors", "train"),
        ("export", "data/splits/test/labels.npy", "preprocess"),
    ],
)
@pytest.mark.parametrize("harm", ["missing", "truncated", "garbage"])
def test_artifacts(reproduced: Clone, stage: str, artifact: str, maker: str, harm: str) -> None:
    path = reproduced.root / artifact
    content = path.read_bytes()
    path.unlink()
    if harm != "missing":
        path.write_bytes(content[: len(content) // 2] if harm == "truncated" else b"\x80garbage")
    printed = (complaint if harm == "missing" else forked_complaint)(reproduced, stage)
    assert str(Path(artifact).parent) in printed
    assert f"dvc repro {maker}" in printed
    assert len(printed.splitlines()) == 1

    if harm == "garbage":  # the remedy works; DVC makes no difference between harms
        reproduced.run("dvc", "repro", maker)
        assert path.read_bytes() == content


def test_dvc_shows_the_message(reproduced: Clone) -> None:
    reproduced.run("git", "add", "-A")
    reproduced.run("git", "commit", "-qm", "Run")
    printed = reproduced.run("dvc", "exp", "run", "-S", "train.lr=-1", code=255)
    assert "params.yaml: train.lr must be greater than 0, is -1" in printed
    assert "Traceback" not in printed
