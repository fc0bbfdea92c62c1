"""`make verify` computes a commit again, and says what is not the same, how far, and why."""

import re

import pytest
from colleagues import commit, damage, objects
from conftest import Clone

VERIFY = ("python", "-m", "tools.verify")


@pytest.fixture
def committed(reproduced: Clone) -> Clone:
    commit(reproduced, "Run")
    return reproduced


def edit(clone: Clone, name: str, old: str, new: str) -> None:
    path = clone.root / name
    text = path.read_text("utf-8")
    assert re.search(old, text, re.DOTALL)
    path.write_text(re.sub(old, new, text, count=1, flags=re.DOTALL), "utf-8")


def test_what_comes_out_the_same_is_identical(committed: Clone) -> None:
    edit(committed, "README.md", r"\A", "Not yet committed.\n")
    printed = committed.run(*VERIFY)
    assert "not committed, so not verified: README.md" in printed
    assert "identical: dvc.lock, outputs and metrics" in printed


def test_from_raw_it_says_how_far_metrics_are_apart_and_why(committed: Clone) -> None:
    edit(committed, "dvc.lock", r"(params.yaml:\n *train:.*?seed:) 0", r"\1 1")
    edit(committed, "metrics/evaluate.json", r'"accuracy": [\d.]+', '"accuracy": 0.5')
    commit(committed, "A seed and a score, edited by hand")
    (committed.root / "data/source/README.md").unlink()
    printed = committed.run(*VERIFY, "raw", code=1)
    assert "train: the outputs are the same, but" in printed
    assert "because train.seed is 1 in dvc.lock and 0 in params.yaml" in printed
    assert re.search(r"metrics/evaluate.json: accuracy 0.5 -> 0.9\d+ \(\+0.4\d+\)\n", printed)
    assert "because dvc.lock has the hash of the new output" in printed


def test_a_damaged_object_of_the_cache_is_named(committed: Clone) -> None:
    lock = (committed.root / "dvc.lock").read_text("utf-8")
    found = re.search(r"path: models/classifier.safetensors\n *hash: md5\n *md5: (\w+)", lock)
    assert found
    path = objects(committed.root / ".dvc/cache")[found[1]]
    damage(path)
    printed = committed.run(*VERIFY, "raw", code=1)
    assert "train: models/classifier.safetensors: its cached object was changed" in printed
    assert str(path) in printed


def test_a_commit_without_results_cannot_be_verified(committed: Clone) -> None:
    committed.run("git", "rm", "-q", "--cached", "dvc.lock")
    committed.run("git", "commit", "-qm", "Forgotten")
    printed = committed.run(*VERIFY, code=1)
    assert "dvc.lock is not committed; run `dvc repro`, and commit dvc.lock" in printed
