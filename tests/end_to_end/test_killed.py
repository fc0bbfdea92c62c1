"""A stage killed at any moment leaves every output whole or absent: no later run is misled."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Clone

from stages import files

OUTS = {
    "download": ["data/raw", "data/decided.json"],
    "preprocess": ["data/splits"],
    "train": ["models/classifier.safetensors", "metrics/history.csv"],
    "evaluate": [
        "metrics/evaluate.json",
        "metrics/evaluate/plots",
        "metrics/evaluate/predictions.parquet",
        "metrics/evaluate/report.html",
        "models/decision.json",
    ],
    "inspect": [
        "metrics/inspect.json",
        "metrics/inspect/review.csv",
        "metrics/inspect/report.html",
    ],
    "export": ["models/export", "metrics/export.json"],
}


def content(path: Path) -> dict[str, bytes]:
    """Return the bytes of a file, or of every file in a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def is_whole(path: Path, whole: dict[str, bytes]) -> bool:
    """Return whether a killed stage left an output whole, or all epochs so far of the history."""
    found = content(path)
    if path.name != "history.csv" or found == whole:
        return found == whole
    lines, expected = (each["."].splitlines(keepends=True) for each in (found, whole))
    # Beside some epochs there is no classifier, of whatever training.
    classifier = path.parents[1] / OUTS["train"][0]
    return (
        1 < len(lines) < len(expected)
        and lines == expected[: len(lines)]
        and not classifier.exists()
    )


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
            assert not path.exists() or is_whole(path, whole[out]), f"{out}, killed at {delay}"
    assert killed
    reproduced.run(*command)
    for out, path in paths.items():
        assert content(path) == whole[out]
        assert not path.with_name(f".{path.name}.partial").exists()


def test_a_killed_pipeline_goes_on_to_the_same_bytes(reproduced: Clone, pristine: Clone) -> None:
    lock = (pristine.root / "dvc.lock").read_bytes()
    (reproduced.root / "dvc.lock").unlink()
    files.remove(reproduced.root / ".dvc/cache/runs")  # else DVC has the results of each stage
    classifier, history = (reproduced.root / out for out in OUTS["train"])
    whole = content(history)
    history.unlink()
    command = ["dvc", "repro", "--single-item", "train"]
    assert kill(reproduced, command, None, [history]) == -signal.SIGKILL  # after the first epoch
    assert is_whole(history, whole)
    assert not classifier.exists()
    # Nobody takes it for the history of a training.
    assert "classifier.safetensors: is missing; run" in reproduced.run(
        "python", "-m", "stages.evaluate", code=1
    )
    assert "does not exist" in reproduced.run("dvc", "commit", "--force", "train", code=1)
    assert "goes on where it was stopped: after epoch" in reproduced.run("dvc", "repro")
    assert content(history) == whole
    assert (reproduced.root / "dvc.lock").read_bytes() == lock


def session(leader: int) -> list[int]:
    """Return the processes of a session that run; the leader is the process it began with."""
    found = list[int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended since
            state, _, _, group = stat.read_text("utf-8").rpartition(")")[2].split()[:4]
            found += [int(stat.parent.name)] if int(group) == leader and state != "Z" else []
    return found


@pytest.mark.skipif(not Path("/proc").exists(), reason="asks Linux who is alive")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_decoders_do_not_outlive_a_killed_stage(reproduced: Clone, how: signal.Signals) -> None:
    many = (
        "from stages import preprocess; from stages.imaging import pool; "
        "pool.MIN_PROCESS_IMAGES = 0; preprocess.main()"
    )
    process = reproduced.start("python", "-c", many)
    deadline = time.monotonic() + 60
    # The stage, the tracker of its semaphores, the fork server, and a decoder or more.
    while len(session(process.pid)) < 4 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    if process.poll() is None:
        os.kill(process.pid, how)
    process.communicate()
    while session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert session(process.pid) == []
