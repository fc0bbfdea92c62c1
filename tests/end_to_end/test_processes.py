"""Several processes, on one machine or two, killed or not: the same bytes, and one line a fault."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import Clone
from together import free_port

OUTS = ("models/classifier.safetensors", "metrics/history.csv")
CHECKPOINTS = Path(".dvc/tmp/resume")


@pytest.fixture
def shared(reproduced: Clone) -> Clone:
    """Return a clone whose steps have 4 batches."""
    reproduced.params("  batch_size: 64 ", "  batch_size: 16 ")
    reproduced.params("accumulate: 1 ", "accumulate: 4 ")
    reproduced.params("save_steps: null", "save_steps: 3")
    reproduced.params("  threads: 2 ", "  threads: 1 ")
    return reproduced


def outs(clone: Clone) -> list[bytes]:
    return [(clone.root / out).read_bytes() for out in OUTS]


def begin(
    clone: Clone, command: list[str], variables: Mapping[str, str]
) -> "subprocess.Popen[str]":
    clone.env.update(variables)
    return clone.start(*command)


def member(clone: Clone, rank: int) -> int:
    """Wait for a checkpoint, and return the number of the process of a rank."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any((clone.root / CHECKPOINTS).glob("*.pt")):
            for folder in Path("/proc").glob("[0-9]*"):
                if f"RANK={rank}" in _environment(folder) and _is_in(folder, clone.root):
                    return int(folder.name)
        time.sleep(0.02)
    raise TimeoutError(f"no process {rank}")


def _environment(folder: Path) -> list[str]:
    try:
        return (folder / "environ").read_text("utf-8").split("\0")
    except OSError:
        return []


def _is_in(folder: Path, root: Path) -> bool:
    try:
        return (folder / "cwd").resolve() == root.resolve()
    except OSError:
        return False


TRAIN = ["python", "-m", "stages.train"]
REPRO = ["dvc", "repro", "--single-item", "train"]
AFTER_PREPROCESS = ["dvc", "repro", "--single-item", "train", "evaluate", "export"]


@pytest.mark.first
def test_any_number_of_processes_killed_or_not_gives_the_same_bytes(shared: Clone) -> None:
    shared.run(*AFTER_PREPROCESS)
    expected, lock = outs(shared), (shared.root / "dvc.lock").read_bytes()

    # Two processes, of which both are killed, one after the other.
    process = begin(shared, [*AFTER_PREPROCESS, "--force"], {"PET_NPROC_PER_NODE": "2"})
    for rank in (0, 1):
        os.kill(member(shared, rank), signal.SIGKILL)
        time.sleep(0.5)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert (outs(shared), (shared.root / "dvc.lock").read_bytes()) == (expected, lock)
    assert "process 0 of 2 on " in err
    assert "was killed (Killed), perhaps for want of memory; all start again" in err
    assert "Traceback" not in err

    # Begun by two, ended by one.
    process = begin(shared, [*REPRO, "--force"], {"PET_MAX_RESTARTS": "0"})
    os.kill(member(shared, 1), signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "was killed" in err
    assert "Traceback" not in err
    assert not (shared.root / OUTS[0]).exists()
    shared.env["PET_NPROC_PER_NODE"] = "1"
    assert "training goes on where it was stopped" in shared.run(*REPRO, "--force")
    assert (outs(shared), (shared.root / "dvc.lock").read_bytes()) == (expected, lock)


def test_two_machines_give_the_same_bytes(shared: Clone, tmp_path: Path) -> None:
    shared.run(*REPRO)
    expected = outs(shared)
    other = shared.copy(tmp_path / "other")
    for out in OUTS:
        (other.root / out).unlink()
    meeting = {"PET_NNODES": "2", "PET_RDZV_ENDPOINT": f"localhost:{free_port()}"}
    first = begin(shared, [*REPRO, "--force"], meeting)
    second = begin(other, TRAIN, meeting)
    for process in (first, second):
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    assert outs(shared) == expected
    assert not (other.root / OUTS[0]).exists(), "DVC waits for it in the first clone"
    assert "the outputs are written on " in out
    assert "2 machines have met, with 2 processes" in out
    assert out.endswith("done on this machine; waits until the others are\n")


def test_what_differs_between_machines_is_one_line(shared: Clone, tmp_path: Path) -> None:
    other = shared.copy(tmp_path / "other")
    other.params("lr: 0.005 ", "lr: 0.004 ")
    meeting = {"PET_NNODES": "2", "PET_RDZV_ENDPOINT": f"localhost:{free_port()}"}
    started = [begin(clone, TRAIN, meeting) for clone in (shared, other)]
    for process in started:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 1
        assert err.startswith("processes differ in train.lr (process 0: 0.00")
        assert err.endswith("; take the same commit and the same parameters on all machines\n")
        assert err.count("\n") == 1


def test_a_place_where_nobody_meets_is_one_line(shared: Clone) -> None:
    shared.env |= {"PET_NNODES": "2", "PET_RDZV_CONF": "join_timeout=2,read_timeout=2"}
    shared.env["PET_RDZV_ENDPOINT"] = place = f"localhost:{free_port()}"
    waits, told = shared.run(*TRAIN, code=1).splitlines()
    assert waits == f"waits for 2 machines at {place}"
    expected = f"fewer than 2 machines (PET_NNODES) came to {place} (PET_RDZV_ENDPOINT)"
    assert told.startswith(expected)


def test_a_place_that_another_program_has_is_one_line(shared: Clone) -> None:
    with socket.create_server(("localhost", 0)) as silent:  # takes connections, and never answers
        place = f"localhost:{silent.getsockname()[1]}"
        shared.env |= {"PET_NNODES": "2", "PET_RDZV_CONF": "read_timeout=2"}
        shared.env["PET_RDZV_ENDPOINT"] = place
        err = shared.run(*TRAIN, code=1)
    expected = "is taken by another program; choose another port, on all machines"
    assert err == f"{place} (PET_RDZV_ENDPOINT) {expected}\n"


def test_a_mistake_of_the_user_is_told_once(shared: Clone) -> None:
    labels = shared.root / "data/splits/train/labels.npy"
    labels.unlink()
    labels.write_bytes(b"no labels")
    shared.env["PET_NPROC_PER_NODE"] = "2"
    err = shared.run(*TRAIN, code=1)
    assert err.startswith("data/splits/train")
    assert err.count("\n") == 1
