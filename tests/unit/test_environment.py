import json
import platform
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch

from stages import environment, processor, versions


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def recorded() -> dict[str, object]:
    environment.record("train")
    told: dict[str, object] = json.loads(environment.record_path("train").read_text("utf-8"))
    return told


def test_a_stage_with_tensors_tells_what_rounds_them() -> None:
    told = recorded()
    assert told["python"] == platform.python_version()
    assert told["torch"] == torch.__version__
    assert told["threads"] == torch.get_num_threads()
    assert told["device"] == "cpu" or torch.cuda.is_available()
    assert told["deterministic"] is torch.are_deterministic_algorithms_enabled()


def test_a_stage_without_tensors_tells_nothing_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch")
    assert set(recorded()) == {"python", "platform", "cpu", "dvc", "reprise"}


def test_the_gpu_that_was_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H200")
    assert recorded()["device"] == "NVIDIA H200"


def test_the_gpu_of_a_mac_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 1)
    assert recorded()["device"] == "mps"


def test_the_same_machine_gives_the_same_bytes() -> None:
    recorded()
    first = environment.record_path("train").read_bytes()
    recorded()
    assert environment.record_path("train").read_bytes() == first


def test_what_is_not_installed_is_no_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(versions, "version", absent)
    assert recorded()["reprise"] == "none"


def locked(content: bytes = b"accuracy,1\n") -> None:
    """Write the outputs of a stage, a file and a folder, and a dvc.lock that DVC would write."""
    Path("metrics").mkdir(exist_ok=True)
    Path("metrics/history.csv").write_bytes(content)
    for name, text in (("b/c.txt", "2"), ("a.txt", "1")):
        (Path("out") / name).parent.mkdir(parents=True, exist_ok=True)
        (Path("out") / name).write_text(text, "utf-8")
    environment.LOCK.write_text(LOCK, "utf-8")


# Of `dvc add out metrics/history.csv`, DVC 3.67.
LOCK = """
stages:
  train:
    outs:
    - path: metrics/history.csv
      hash: md5
      md5: 59075065aa20f1dd711ef618851b6e11
    - path: out
      hash: md5
      md5: f1ea74b4fbfc160797e939835066e899.dir
"""


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "model", lambda: "Another processor")


def test_the_record_stays_where_another_processor_gives_what_dvc_lock_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = recorded()
    locked()
    elsewhere(monkeypatch)
    assert recorded() == first


@pytest.mark.parametrize("harm", ["file", "folder", "missing", "lock", "stage", "no lock"])
def test_another_result_is_recorded_with_its_machine(
    monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    recorded()
    locked()
    match harm:
        case "file":
            Path("metrics/history.csv").write_bytes(b"accuracy,0\n")
        case "folder":
            Path("out/a.txt").write_bytes(b"3")
        case "missing":
            Path("metrics/history.csv").unlink()
        case "lock":
            environment.LOCK.write_text("stages: [", "utf-8")
        case "stage":
            environment.LOCK.write_text("stages: {}", "utf-8")
        case "no lock":
            environment.LOCK.unlink()
    elsewhere(monkeypatch)
    assert recorded()["cpu"] == "Another processor"


def test_a_record_that_was_merged_by_hand_is_replaced() -> None:
    first = recorded()
    environment.record_path("train").write_text("<<<<<<< HEAD", "utf-8")
    assert recorded() == first
