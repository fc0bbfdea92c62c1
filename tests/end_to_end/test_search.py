"""A search: killed, it goes on to the same; every trial is an experiment; the best is applied."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import Clone
from ruamel.yaml import YAML

SEARCH = ("python", "-m", "tools.search")
FILE = """\
search:
  aim: val_loss
  trials: 4
  seed: 0
  sampler: random
  prune: none

ranges:
  train.lr: {low: 1e-4, high: 1e-2, log: true}
"""


def searched(clone: Clone) -> dict[str, bytes]:
    """Return what a search wrote."""
    metrics = clone.root / "metrics"
    found = [metrics / "search.json", *(metrics / "search").iterdir()]
    return {path.name: path.read_bytes() for path in found}


def kill(clone: Clone, number: int, until: Callable[[], bool]) -> str:
    """Send a search a signal, it alone, as soon as something is so; return what it printed."""
    process, deadline = clone.start(*SEARCH), time.monotonic() + 300
    while not until():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, number)
    return "".join(process.communicate())


@pytest.mark.first
def test_a_search_is_killed_and_goes_on(reproduced: Clone) -> None:
    (reproduced.root / "search.yaml").write_text(FILE, "utf-8")
    before = reproduced.run("git", "status", "--porcelain"), reproduced.run("git", "diff")
    trials = reproduced.root / ".dvc/tmp/searching"

    def trains(trial: int) -> bool:
        return any(trials.glob(f"search-*/trial{trial}/*.pt"))

    said = kill(reproduced, signal.SIGINT, lambda: trains(1))
    assert "stopped; the same command goes on, with the trials that were at work" in said
    kill(reproduced, signal.SIGKILL, lambda: trains(2))
    assert (reproduced.run("git", "status", "--porcelain"), reproduced.run("git", "diff")) == before

    printed = reproduced.run(*SEARCH)
    assert "2 of 4 trials have ended" in printed
    table = pd.read_csv(reproduced.root / "metrics/search/trials.csv")
    assert table["state"].tolist() == ["complete"] * 4
    assert table["experiment"].is_unique
    kept = reproduced.run("dvc", "exp", "list", "--name-only").split()
    assert {*table["experiment"]} <= {*kept}
    assert_metrics(reproduced, table)

    whole = searched(reproduced)
    assert "4 of 4 trials have ended" in reproduced.run(*SEARCH)
    assert searched(reproduced) == whole
    apply_the_best(reproduced, table)


def assert_metrics(clone: Clone, table: pd.DataFrame) -> None:
    """Compare the score of each trial with the curve of its experiment."""
    for _, trial in table.iterrows():
        curve = clone.run("git", "show", f"{ref(clone, trial['experiment'])}:metrics/history.csv")
        losses = [float(line.split(",")[2]) for line in curve.splitlines()[1:]]
        assert trial["score"] in losses
    found = json.loads((clone.root / "metrics/search.json").read_text("utf-8"))
    assert found["best_score"] == pytest.approx(table["score"].min(), abs=1e-6)


def apply_the_best(clone: Clone, table: pd.DataFrame) -> None:
    """Apply the best trial, and see that the pipeline gives its bytes, from the cache."""
    best = table.sort_values("score", kind="stable").iloc[0]
    assert f"train.lr: 0.005 -> {best['train.lr']}" in clone.run(*SEARCH, "apply")
    clone.run("dvc", "repro", "evaluate")
    place = ref(clone, best["experiment"])
    for path in ("metrics/history.csv", "metrics/evaluate.json"):
        kept = clone.run("git", "show", f"{place}:{path}")
        assert (clone.root / path).read_text("utf-8") == kept, path
    made, kept = (
        YAML(typ="safe").load(text)["stages"]
        for text in (
            (clone.root / "dvc.lock").read_text("utf-8"),
            clone.run("git", "show", f"{place}:dvc.lock"),
        )
    )
    for stage in ("download", "preprocess", "train", "evaluate"):
        assert made[stage] == kept[stage]


def ref(clone: Clone, name: str) -> str:
    """Return the reference of an experiment."""
    listed = clone.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").splitlines()
    return next(line for line in listed if line.endswith(f"/{name}"))


def test_mistakes_are_one_message(reproduced: Clone) -> None:
    (reproduced.root / "search.yaml").write_text(FILE.replace("1e-2", "1e9"), "utf-8")
    failed = reproduced.run(*SEARCH, code=1)
    assert "search.yaml: ranges.train.lr: 1000000000.0 is refused: train.lr must be less" in failed
    assert "Traceback" not in failed
    assert not Path(reproduced.root / ".dvc/tmp/searching").exists()
