"""What users do all day: change a parameter, compare, go back."""

import json
import re

from conftest import Clone


def ran(printed: str) -> list[str]:
    return re.findall(r"^Running stage '(\w+)'", printed, re.MULTILINE)


def test_an_experiment_runs_what_it_changes_and_going_back_runs_nothing(reproduced: Clone) -> None:
    reproduced.run("git", "add", "-A")
    reproduced.run("git", "commit", "-qm", "Run")
    before = (reproduced.root / "models" / "classifier.safetensors").read_bytes()

    printed = reproduced.run("dvc", "exp", "run", "-S", "train.lr=0.001")
    assert ran(printed) == ["train", "evaluate", "inspect", "export"]
    params = json.loads(reproduced.run("dvc", "params", "diff", "--json"))
    assert params == {"params.yaml": {"train.lr": {"old": 0.005, "new": 0.001, "diff": -0.004}}}
    metrics = json.loads(reproduced.run("dvc", "metrics", "diff", "--json"))
    assert "loss" in metrics["metrics/evaluate.json"]
    assert (reproduced.root / "models" / "classifier.safetensors").read_bytes() != before

    printed = reproduced.run("dvc", "exp", "run", "-S", "train.lr=0.005")
    assert ran(printed) == []
    assert re.findall(r"Stage '(\w+)' is cached - skipping run", printed) == [
        "train",
        "evaluate",
        "export",
    ]
    assert (reproduced.root / "models" / "classifier.safetensors").read_bytes() == before
    assert not reproduced.run("dvc", "metrics", "diff").strip()


def test_a_number_in_exponent_form_is_a_number(reproduced: Clone) -> None:
    reproduced.run("dvc", "exp", "run", "-S", "train.lr=0.000001", "-S", "train.epochs=1", "train")
    assert "lr: 1e-06" in (reproduced.root / "params.yaml").read_text("utf-8")


def test_an_experiment_in_a_folder_of_its_own_leaves_the_workspace(reproduced: Clone) -> None:
    text = (reproduced.root / "params.yaml").read_text("utf-8")
    printed = reproduced.run("dvc", "exp", "run", "--temp", "-n", "short", "-S", "train.epochs=1")
    assert ran(printed) == ["train", "evaluate", "inspect", "export"]
    assert (reproduced.root / "params.yaml").read_text("utf-8") == text
    assert "short" in reproduced.run("dvc", "exp", "list", "--name-only")
