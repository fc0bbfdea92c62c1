"""Queued experiments run side by side, and one that was killed goes on where it was."""

import subprocess
import time
from collections.abc import Callable
from io import StringIO

import pandas as pd
import pytest
from colleagues import commit
from conftest import Clone

SHORT = ("train.epochs=1", "train.threads=1")
LONG = ("train.epochs=30", "train.threads=1", "train.patience=null")


def override(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("-S", setting)]


def work(clone: Clone, workers: int) -> None:
    """Start workers, which keep a pipe open as long as they live."""
    command, quiet = ["dvc", "queue", "start", "-j", str(workers)], subprocess.DEVNULL
    subprocess.run(command, cwd=clone.root, env=clone.env, stdout=quiet, stderr=quiet, check=True)


def status(clone: Clone) -> dict[str, str]:
    """Return the status of each queued task by the name of its experiment."""
    rows = [line.split() for line in clone.run("dvc", "queue", "status").splitlines()]
    return {row[1]: row[-1] for row in rows if len(row) == 5}


def until(holds: Callable[[], bool], pause: float = 3) -> None:
    """Wait; to ask DVC takes a second of a core, which the workers need."""
    deadline = time.monotonic() + 600  # far beyond what it takes
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(pause)


def until_ended(clone: Clone, count: int) -> dict[str, str]:
    """Wait until as many experiments have ended, and return the status of all."""
    # A success has a commit, which Git tells in an instant; a failure is looked for now and then.
    asked = time.monotonic()

    def ended() -> bool:
        nonlocal asked
        refs = clone.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").splitlines()
        found = sum(len(ref.split("/")) == 5 for ref in refs)  # refs/exps/ab/cdef.../name
        if found < count and time.monotonic() < asked + 30:
            return False
        asked = time.monotonic()
        return set(status(clone).values()) <= {"Success", "Failed"}

    until(ended, 0.5)
    return status(clone)


@pytest.mark.first
def test_experiments_by_two_workers(reproduced: Clone) -> None:
    commit(reproduced, "Run")
    ranges = ("train.lr=0.01,0.001", "train.network=cnn")
    reproduced.run("dvc", "exp", "run", "--queue", *override(*ranges, *SHORT), "train")
    work(reproduced, 2)
    ended = until_ended(reproduced, 2)
    assert list(ended.values()) == ["Success"] * 2

    names = set(ended)
    logged = {path.name.rpartition("-")[0] for path in (reproduced.root / "runs").iterdir()}
    assert names <= logged, "TensorBoard has each under its name"
    assert not list((reproduced.root / ".dvc/tmp/resume").iterdir())
    table = pd.read_csv(StringIO(reproduced.run("dvc", "exp", "show", "--csv")))
    shown = table[table["Experiment"].isin(names)]
    pairs = set(zip(shown["train.lr"], shown["train.network"], strict=True))
    assert pairs == {(0.01, "cnn"), (0.001, "cnn")}

    one = shown[(shown["train.lr"] == 0.01) & (shown["train.network"] == "cnn")]["rev"]
    alone = override("train.lr=0.01", "train.network=cnn", *SHORT)
    reproduced.run("dvc", "exp", "run", "--force", *alone, "train", "-n", "alone")
    files = ("metrics/history.csv", "metrics/environment")
    assert not reproduced.run("git", "diff", "--name-only", one.item(), "--", *files)


@pytest.mark.first
def test_a_killed_experiment_is_queued_again_and_goes_on(reproduced: Clone) -> None:
    commit(reproduced, "Run")
    kept = reproduced.root / ".dvc/tmp/resume"
    reproduced.run("dvc", "exp", "run", "--queue", "-n", "killed", *override(*LONG), "train")
    work(reproduced, 1)
    until(lambda: any(kept.glob("*.pt")), 0.1)
    reproduced.run("dvc", "queue", "kill", "killed")
    until(lambda: status(reproduced)["killed"] == "Failed")
    assert any(kept.glob("*.pt"))
    reproduced.run("dvc", "exp", "run", "--queue", "-n", "again", *override(*LONG), "train")
    work(reproduced, 1)
    ended = until_ended(reproduced, 1)
    logs = reproduced.run("dvc", "queue", "logs", "again")
    assert "training goes on where it was stopped" in logs
    assert ended["again"] == "Success", logs
    assert not any(kept.glob("*.pt"))
