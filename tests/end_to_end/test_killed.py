"""A stage killed at any moment leaves every output whole or absent: no later run is misled."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from conftest import Clone

from stages import files

OUTS = {
    "download": ["data/raw"],
    "preprocess": ["data/splits"],
    "train": ["models/classifier.safetensors", "metrics/history.csv"],
    "evaluate": [
        "metrics/evaluate.json",
        "metrics/evaluate/plots",
        "metrics/evaluate/predictions.parquet",
        "metrics/evaluate/report.html",
    ],
    "export": ["models/export", "metrics/export.json"],
}


def content(path: Path) -> dict[str, bytes]:
    """Return the bytes of a file, or of every file in a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def kill(clone: Clone, command: list[str], delay: float | None, watch: list[Path]) -> int:
    """Kill a command after a delay in seconds, or as soon as one of the paths exists."""
    process = clone.start(*command)
    deadline = time.monotonic() + (60 if delay is None else delay)
    while process.poll() is None and time.monotonic() < deadline:
        if delay is None and any(path.exists() for path in watch):
            break
        time.sleep(0.0005)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return process.returncode


@pytest.mark.parametrize("stage", OUTS)
def test_a_killed_stage_leaves_no_part_of_an_output(
    reproduced: Clone, pristine: Clone, stage: str
) -> None:
    whole = {out: content(pristine.root / out) for out in OUTS[stage]}
    paths = {out: reproduced.root / out for out in OUTS[stage]}
    partials = [path.with_name(f".{path.name}.partial") for path in paths.values()]
    command = ["python", "-m", f"stages.{stage}"]
    moments = random.Random(stage)  # noqa: S311 -- moments, no secrets
    killed = 0
    for delay in [None, None, moments.uniform(0, 3), moments.uniform(1, 4)]:
        for path in paths.values():  # as DVC does
            files.remove(path)
        killed += kill(reproduced, command, delay, partials) == -signal.SIGKILL
        for out, path in paths.items():
            assert not path.exists() or content(path) == whole[out], f"{out}, killed at {delay}"
    assert killed
    reproduced.run(*command)
    for out, path in paths.items():
        assert content(path) == whole[out]
        assert not path.with_name(f".{path.name}.partial").exists()


def test_a_killed_pipeline_goes_on_to_the_same_bytes(reproduced: Clone, pristine: Clone) -> None:
    lock = (pristine.root / "dvc.lock").read_bytes()
    (reproduced.root / "dvc.lock").unlink()
    out = reproduced.root / "models" / "classifier.safetensors"
    out.unlink()
    # Killed between the two outputs of the stage.
    assert kill(reproduced, ["dvc", "repro", "--force"], None, [out]) == -signal.SIGKILL
    reproduced.run("dvc", "repro")
    assert (reproduced.root / "dvc.lock").read_bytes() == lock
