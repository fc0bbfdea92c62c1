"""Folds and repeats: killed, they go on; the workspace stays as it is; the same bytes twice."""

import json
import os
import signal
import time

import pandas as pd
import pytest
from conftest import Clone
from sklearn.metrics import accuracy_score, f1_score

from stages.artifacts import predictions, splits

SHORT = ("-S", "train.epochs=1", "-S", "train.threads=1")
FOLDS = ("python", "-m", "tools.folds", "2", *SHORT, "-S", "train.save_steps=1")


def content(clone: Clone, command: str) -> dict[str, bytes]:
    """Return the bytes of all that a command wrote."""
    metrics = clone.root / "metrics"
    found = [metrics / f"{command}.json", *(metrics / command).iterdir()]
    return {path.name: path.read_bytes() for path in found}


def kill_in_training(clone: Clone, *command: str) -> None:
    """Kill a command, and all that it started, when it has saved a checkpoint."""
    process, deadline = clone.start(*command), time.monotonic() + 300
    while not any((clone.root / ".dvc/tmp/resume").glob("*.pt")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def state(clone: Clone) -> list[str]:
    """Return all that Git knows of the workspace, but for what the commands write."""
    commands = (
        ("git", "status", "--porcelain", "--branch", "--", ".", ":!metrics"),
        ("git", "diff"),
        ("git", "stash", "list"),
        ("git", "rev-parse", "--abbrev-ref", "HEAD"),
    )
    return [clone.run(*command) for command in commands]


@pytest.mark.first
def test_folds_are_killed_and_go_on(reproduced: Clone) -> None:
    reproduced.params("  batch_size: 64 ", "  batch_size: 128 ")  # not committed
    before = state(reproduced)
    kill_in_training(reproduced, *FOLDS)
    assert state(reproduced) == before

    first = reproduced.run(*FOLDS)
    assert "training goes on where it was stopped" in first
    assert first.count("Running stage 'train'") == 2
    whole = content(reproduced, "folds")
    second = reproduced.run(*FOLDS, "--jobs", "2")
    assert "Running stage" not in second
    assert content(reproduced, "folds") == whole
    assert state(reproduced) == before

    metrics = reproduced.root / "metrics"
    found = predictions.read(metrics / "folds/predictions.parquet")
    parts = [splits.read_paths(name, reproduced.root / splits.PATH) for name in splits.NAMES]
    assert found.paths == sorted(path for part in parts for path in part)
    told = json.loads((metrics / "folds.json").read_text("utf-8"))
    together = told["out_of_fold"]
    assert together["accuracy"] == pytest.approx(
        accuracy_score(found.labels, found.predicted), abs=1e-6
    )
    macro = f1_score(found.labels, found.predicted, average="macro")
    assert together["macro_f1"] == pytest.approx(macro, abs=1e-6)
    table = pd.read_csv(metrics / "folds/folds.csv")
    assert table["images"].sum() == together["images"] == 1797
    assert table["accuracy"].mean() == pytest.approx(told["accuracy"]["mean"], abs=1e-5)

    listed = reproduced.run("dvc", "exp", "list", "--name-only").split()
    assert {*table["experiment"]} <= {*listed}
    kept = reproduced.run("git", "show", f"{experiment(reproduced, 'fold1of2')}:params.yaml")
    assert "batch_size: 128 " in kept
    assert "fold: 1 " in kept
    assert not [*(reproduced.root / ".dvc/tmp/experimenting").iterdir()]


def experiment(clone: Clone, label: str) -> str:
    """Return the commit of an experiment."""
    refs = clone.run("git", "for-each-ref", f"refs/exps/**/*-{label}", "--format=%(objectname)")
    (found,) = refs.split()
    return found


@pytest.mark.first
def test_repeats_differ_by_their_seed(reproduced: Clone) -> None:
    printed = reproduced.run("python", "-m", "tools.repeat", "2", *SHORT)
    assert printed.count("Running stage 'train'") == 2
    assert "Running stage 'preprocess'" not in printed
    table = pd.read_csv(reproduced.root / "metrics/repeat/runs.csv")
    for seed, row in enumerate(table.itertuples()):
        commit = experiment(reproduced, f"seed{seed}")
        told = json.loads(reproduced.run("git", "show", f"{commit}:metrics/evaluate.json"))
        assert [row.accuracy, row.macro_f1, row.loss] == pytest.approx(
            [told["accuracy"], told["macro_f1"], told["loss"]], abs=1e-5
        )
    assert table["loss"].nunique() == 2

    refused = reproduced.run("python", "-m", "tools.repeat", "2", "-S", "train.sed=1", code=1)
    assert "Key 'sed' is not in struct" in refused
    assert "seed0 failed, the reason is above" in refused
    assert "seed1, as" not in refused
    assert (reproduced.root / "metrics/repeat/runs.csv").exists()
