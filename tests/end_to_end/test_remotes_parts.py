"""Only what is needed of a colleague's run: the model, the metrics, one experiment, a merge."""

import hashlib
import re
from pathlib import Path

import pytest
from colleagues import commit, join, move_storage, objects, publish
from conftest import Clone
from ruamel.yaml import YAML
from servers import Server

UP_TO_DATE = "Data and pipelines are up to date."


@pytest.fixture
def a(reproduced: Clone, tmp_path: Path) -> Clone:
    """Return the clone of A, who pushed a run."""
    move_storage(reproduced, Server(str(tmp_path / "remote"), {}, {}))
    commit(reproduced, "Run")
    publish(reproduced, tmp_path / "bare.git")
    return reproduced


@pytest.fixture
def b(a: Clone, tmp_path: Path) -> Clone:
    """Return a clone of it with no data."""
    return join(a, tmp_path / "b")


def present(clone: Clone) -> set[str]:
    """Return the outputs that are there."""
    outs = {"data/raw", "data/splits", "models/classifier.safetensors", "models/export"}
    return {out for out in outs if (clone.root / out).exists()}


def ran(printed: str) -> list[str]:
    return re.findall(r"^Running stage '(\w+)'", printed, re.MULTILINE)


def test_metrics_need_no_pull_and_the_model_comes_alone(b: Clone) -> None:
    assert "accuracy" in b.run("dvc", "metrics", "show")
    assert b.run("dvc", "repro", "--allow-missing").strip().endswith(UP_TO_DATE)
    assert present(b) == set()
    b.run("dvc", "pull", "models/classifier.safetensors")
    assert present(b) == {"models/classifier.safetensors"}


def test_a_change_pulls_only_what_its_stages_read(b: Clone) -> None:
    b.params("  tta: none", "  tta: flip")
    printed = b.run("dvc", "repro", "--pull", "--allow-missing")
    assert ran(printed) == ["evaluate"]
    assert present(b) == {"data/splits", "models/classifier.safetensors"}


def test_a_tag_and_an_experiment_of_a_colleague(a: Clone, b: Clone) -> None:
    a.run("git", "tag", "v1")
    a.run("dvc", "exp", "run", "-n", "mirrored", "-S", "evaluate.tta=flip")
    a.run("git", "push", "-q", "origin", "v1")
    a.run("dvc", "exp", "push", "origin", "mirrored")
    b.run("git", "fetch", "-q", "--tags")
    b.run("git", "switch", "-q", "--detach", "v1")
    b.run("dvc", "pull")
    assert b.run("dvc", "repro").strip().endswith(UP_TO_DATE)
    assert "mirrored" in b.run("dvc", "exp", "list", "origin", "--all-commits")
    b.run("dvc", "exp", "pull", "origin", "mirrored")
    b.run("dvc", "exp", "branch", "mirrored", "tta")
    b.run("git", "switch", "-q", "tta")
    b.run("dvc", "checkout")
    assert b.run("dvc", "repro").strip().endswith(UP_TO_DATE)


def test_a_merge_is_whatever_the_merged_parameters_give(a: Clone, b: Clone) -> None:
    a.params("  opset: 20", "  opset: 19")
    a.run("dvc", "repro")
    commit(a, "Opset 19")
    a.run("git", "push", "-q")
    a.run("dvc", "push")
    b.params("  tta: none", "  tta: flip")
    b.run("dvc", "repro", "--pull", "--allow-missing")
    commit(b, "Mirrored, too")

    b.env["GIT_EDITOR"] = "true"
    b.run("git", "fetch", "-q")
    printed = b.run("git", "merge", "origin/HEAD", code=1)
    conflicts = re.findall(r"Merge conflict in (\S+)", printed)
    assert "dvc.lock" in conflicts
    assert all(path == "dvc.lock" or path.startswith("metrics/") for path in conflicts)
    b.run("dvc", "repro", "--pull")
    b.run("git", "add", "dvc.lock", "metrics")
    b.run("git", "merge", "--continue")
    lock = YAML(typ="safe").load(b.root / "dvc.lock")["stages"]
    assert lock["evaluate"]["params"]["params.yaml"]["evaluate"]["tta"] == "flip"
    assert lock["export"] == YAML(typ="safe").load(a.root / "dvc.lock")["stages"]["export"]
    assert b.run("dvc", "repro").strip().endswith(UP_TO_DATE)
    assert not b.run("git", "status", "--porcelain")


def test_what_another_branch_left_does_not_pass_for_this_ones(a: Clone) -> None:
    """DVC's `--allow-missing` takes it for missing, and later stages would read it."""
    model = a.root / "models/export/model.onnx"
    before = model.read_bytes()
    a.run("git", "switch", "-qc", "opset-19")
    a.params("  opset: 20", "  opset: 19")
    a.run("dvc", "repro")
    commit(a, "Opset 19")
    a.run("git", "switch", "-q", "-")
    objects(a.root / ".dvc/cache")[hashlib.md5(before).hexdigest()].unlink()  # noqa: S324 -- DVC's
    assert model.read_bytes() != before
    a.run("dvc", "checkout", "--allow-missing")
    assert a.run("dvc", "repro", "--allow-missing").strip().endswith(UP_TO_DATE)
    assert not model.exists()
    a.run("dvc", "repro", "--pull")
    assert model.read_bytes() == before
    assert not a.run("git", "status", "--porcelain")
