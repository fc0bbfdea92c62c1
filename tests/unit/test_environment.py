import json
import platform
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch

from stages import launch, versions


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def recorded() -> dict[str, object]:
    launch.record("train")
    told: dict[str, object] = json.loads(launch.record_path("train").read_text("utf-8"))
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
    first = launch.record_path("train").read_bytes()
    recorded()
    assert launch.record_path("train").read_bytes() == first


def test_what_is_not_installed_is_no_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(versions, "version", absent)
    assert recorded()["reprise"] == "none"
