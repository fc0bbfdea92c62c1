"""A model goes to a hub on this machine, and comes back as it was."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import hubs
import pytest
from conftest import Clone
from hubs import READER, TOKEN, Hub
from huggingface_hub import ModelCard

NAME = "me/digits"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hubs.serving() as server:
        yield server


@pytest.fixture
def mine(reproduced: Clone, hub: Hub, tmp_path: Path) -> Clone:
    """Return a clone whose results are committed, of a user who is logged in."""
    reproduced.run("git", "add", "-A")
    reproduced.run("git", "commit", "-qm", "Results")
    home = {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": hub.address, "HF_TOKEN": TOKEN}
    reproduced.env |= home | {"HF_HUB_DISABLE_XET": "1"}
    return reproduced


def publish(clone: Clone, *given: str, code: int = 0) -> str:
    told = clone.run("python", "-m", "tools.publish", *given, code=code)
    assert "Traceback" not in told
    return told


def complaint(clone: Clone, *given: str) -> str:
    return publish(clone, *given, code=1).strip().splitlines()[-1]


def test_the_hub_has_what_the_commit_says(mine: Clone, hub: Hub) -> None:
    assert f"published as {hub.address}/{NAME}/commit/" in publish(mine, NAME)
    files = hub.files(NAME)
    assert {*files} == {
        ".gitattributes",
        "README.md",
        "classifier.safetensors",
        "dvc.lock",
        "model.onnx",
        "params.yaml",
        "report.html",
    }
    places = {
        "model.onnx": "models/export/model.onnx",
        "classifier.safetensors": "models/classifier.safetensors",
        "params.yaml": "params.yaml",
        "dvc.lock": "dvc.lock",
        "report.html": "metrics/evaluate/report.html",
    }
    for name, place in places.items():
        assert files[name] == (mine.root / place).read_bytes(), name
    for name, content in files.items():
        assert str(mine.root).encode() not in content, name
        assert TOKEN.encode() not in content, name
    card = ModelCard(files["README.md"].decode())
    scores = json.loads((mine.root / "metrics" / "evaluate.json").read_text())
    told = card.data.to_dict()
    assert (told["license"], told["pipeline_tag"]) == ("apache-2.0", "image-classification")
    (result,) = told["model-index"][0]["results"]
    assert result["dataset"] == {"name": "digits", "type": "digits", "split": "test"}
    results = {metric["name"]: metric["value"] for metric in result["metrics"]}
    assert (results["Accuracy"], results["Macro F1"]) == (scores["accuracy"], scores["macro_f1"])
    assert (mine.root / "models/export/README.md").read_text() in card.content
    assert mine.run("git", "rev-parse", "HEAD").strip() in card.content
    _again(mine, hub)


def _again(mine: Clone, hub: Hub) -> None:
    """Publish once more: one commit a time, what others put there stays, what is private is."""
    commits = [line for line in hub.asked if "/commit/" in line and line.startswith("POST")]
    assert len(commits) == 1
    hub.publish(NAME, {**hub.files(NAME), "notes.txt": b"mine"}, "e" * 40)
    assert "left as they were: notes.txt" in publish(mine, NAME)
    assert hub.files(NAME)["notes.txt"] == b"mine"
    assert "is there already, and is public" in complaint(mine, NAME, "--private")
    publish(mine, "me/secret", "--private")
    assert hub.private == {"me/secret"}


def test_a_rehearsal_sends_nothing(mine: Clone, hub: Hub) -> None:
    mine.env.pop("HF_TOKEN")
    told = publish(mine, NAME, "--dry-run")
    assert f"would be published as {NAME}; look at runs/publish" in told
    assert "model.onnx" in told
    assert (mine.root / "runs/publish/README.md").read_text().startswith("---\nlibrary_name: onnx")
    assert not hub.asked
    assert not mine.run("git", "status", "--porcelain")


def test_what_the_hub_refuses_is_one_message(mine: Clone, hub: Hub) -> None:
    assert "publish: digits is no name of a repository; give it as owner/name" in complaint(
        mine, "digits"
    )
    assert "a//b is no name of a repository" in complaint(mine, "a//b")
    assert "../.. is no name of a repository" in complaint(mine, "../..", "--dry-run")
    mine.env["HF_TOKEN"] = READER
    assert f"publish: {NAME} is denied with code 403; the token may not do this" in complaint(
        mine, NAME
    )
    mine.env["HF_TOKEN"] = "hf_wrong"  # noqa: S105
    assert f"publish: {NAME} is denied with code 401; the token is missing or wrong" in complaint(
        mine, NAME
    )
    mine.env.pop("HF_TOKEN")
    assert f"publish: {NAME} needs someone who is logged in: run `hf auth login`" in complaint(
        mine, NAME
    )
    mine.env |= {"HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "1"}
    message = complaint(mine, NAME)
    assert message.startswith(f"publish: {NAME} cannot be published (OfflineModeIsEnabled: ")
    assert message.endswith("publish where there is a network")
    assert NAME not in hub.commits


def test_what_is_not_of_the_commit_is_not_published(mine: Clone, hub: Hub) -> None:
    lock = mine.root / "dvc.lock"
    whole = lock.read_text()
    mine.params("  version: 1.0.0 ", "  version: 1.0.1 ")
    assert complaint(mine, NAME).startswith("params.yaml: differs from the last commit")
    mine.run("git", "commit", "-qam", "Another version")
    stale = complaint(mine, NAME)
    assert stale.startswith(
        "params.yaml: export: not what dvc.lock says; run `dvc repro` and commit"
    )
    mine.run("git", "revert", "--no-edit", "HEAD")
    assert lock.read_text() == whole
    model = mine.root / "models" / "export" / "model.onnx"
    model.chmod(0o644)
    content = model.read_bytes()
    model.unlink()
    model.write_bytes(content + b"0")
    assert complaint(mine, NAME).startswith("models/export: not what dvc.lock says")
    shutil.rmtree(model.parent)
    absent = complaint(mine, NAME)
    assert absent == "models/export: not here; `dvc pull models/export`, or `dvc repro`"
    assert not hub.asked


def test_a_clone_with_the_model_alone_can_publish(mine: Clone, hub: Hub) -> None:
    shutil.rmtree(mine.root / "data" / "raw")
    shutil.rmtree(mine.root / "data" / "splits")
    publish(mine, NAME)
    assert "model.onnx" in hub.files(NAME)
