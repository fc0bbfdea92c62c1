import pytest

from stages.errors import UserError
from tools.provenance import lockfile
from tools.provenance.lockfile import NOTHING, Change

TEXT = """
stages:
  train:
    cmd: x
    deps:
    - {path: data/splits, md5: a.dir}
    - {path: stages/train.py, md5: b}
    params:
      params.yaml:
        train: {lr: 0.1, milestones: [1, 2]}
      versions.yaml: {torch: "2.15.0"}
    outs:
    - {path: models/classifier.safetensors, md5: c}
  idle: {cmd: y}
"""


def test_a_lock_is_sorted_by_what_a_stage_depends_on() -> None:
    stages = lockfile.read(TEXT)
    assert list(stages) == ["train", "idle"]
    assert stages["train"] == (
        {"stages/train.py": "b"},
        {"data/splits": "a.dir"},
        {"train.lr": 0.1, "train.milestones": [1, 2]},
        {"torch": "2.15.0"},
        {"models/classifier.safetensors": "c"},
    )
    assert stages["idle"] == lockfile.NOT_RUN


@pytest.mark.parametrize("text", ["", "<<<<<<< HEAD", "stages: 3", "stages: {a: {outs: [{}]}}"])
def test_what_is_no_lock_is_one_message(text: str) -> None:
    with pytest.raises(UserError, match=r"dvc.lock: cannot be read .* run `dvc repro`"):
        lockfile.read(text)


def test_changes_name_what_differs_and_what_is_on_one_side_only() -> None:
    old, new = {"b": 1, "same": 0, "gone": 2}, {"b": 3, "same": 0, "new": 4}
    assert lockfile.changes(old, new) == [
        Change("b", 1, 3),
        Change("gone", 2, NOTHING),
        Change("new", NOTHING, 4),
    ]


def test_values_that_have_no_order_are_compared() -> None:
    assert lockfile.changes({"a": None}, {"a": [1]}) == [Change("a", None, [1])]
