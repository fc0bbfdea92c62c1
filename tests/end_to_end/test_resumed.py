"""A training killed at any moment goes on to the very bytes of one that nobody disturbed."""

import hashlib
import multiprocessing
import os
import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import EPOCHS, Clone
from ruamel.yaml import YAML

from stages import train
from stages.artifacts import splits
from stages.artifacts.splits import Split
from stages.nets.interface import Interface

OUTS = ("models/classifier.safetensors", "metrics/history.csv")
STATES = Path(".dvc/tmp/resume")
KILLS = 5  # of each of four trainings: twenty
INTERFACE = Interface(
    classes=("dark", "bright"),
    height=12,
    width=12,
    channels=1,
    resize="crop",
    interpolation="bilinear",
    mean=(0.5,),
    std=(0.25,),
)
# Several networks, optimizers, schedules, precisions, with all that has a state of its own.
RUNS: dict[str, dict[str, object]] = {
    "mlp": {
        "network": "mlp", "hidden": [64], "dropout": 0.3, "optimizer": "sgd", "nesterov": True,
        "schedule": "cosine", "warmup_epochs": 1, "save_steps": 3, "crop_padding": 2,
    },
    "cnn": {
        "network": "cnn", "filters": [8, 16], "optimizer": "adamw", "ema": 0.9,
        "precision": "bf16", "patience": 6, "flip": "alternating", "mixup": 0.4,
    },
    "resnet_small": {
        "network": "resnet_small", "filters": [8, 16], "optimizer": "muon", "clip_norm": 1.0,
        "schedule": "plateau", "plateau_patience": 0, "gamma": 0.5, "freeze": 2,
    },
    "fp16": {
        "network": "cnn", "filters": [8], "norm": "none", "readout": "flatten", "hidden": [16],
        "optimizer": "rmsprop", "lr": 0.001, "schedule": "step", "step_epochs": 2,
        "precision": "fp16", "accumulate": 2, "save_steps": 4, "ema": 0.99, "sampling": "balanced",
    },
}  # fmt: skip


def prepare(folder: Path, changes: dict[str, object]) -> None:
    """Write splits that can be learned, and params.yaml with the changes."""
    folder.mkdir()
    params = YAML(typ="safe").load(Path("params.yaml"))
    # Those of the splits below.
    params["preprocess"] |= {"image_size": [12, 12], "resize": "crop", "interpolation": "bilinear"}
    quick = {"epochs": 12, "batch_size": 16, "threads": 1, "device": "cpu"}
    params["train"] |= quick | {"schedule": "one_cycle"} | changes
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(params, file)
    rng = np.random.default_rng(0)
    with splits.writer((12, 12, 1), folder / splits.PATH) as out:
        for name, count in (("train", 320), ("val", 80), ("test", 8)):
            labels = np.arange(count) % 2
            noise = rng.integers(0, 200, (count, 12, 12, 1))
            images = (noise + 40 * labels[:, None, None, None]).astype(np.uint8)
            out.append(name, Split(images, labels), list(map(str, range(count))))
        out.finish(INTERFACE, {})


def stage(folder: Path) -> None:
    """Run the stage in a folder, as a process of its own does."""
    os.chdir(folder)
    os.environ.pop("DVC_ROOT", None)
    train.main()


def start(folder: Path) -> multiprocessing.process.BaseProcess:
    """Fork, which spares the seconds of importing."""
    process = multiprocessing.get_context("fork").Process(target=stage, args=(folder,))
    process.start()
    return process


def killed(folder: Path, moment: Callable[[], bool]) -> bool:
    """Kill a training as soon as a moment has come; return whether it lived to see it."""
    process = start(folder)
    while process.is_alive() and not moment():
        time.sleep(0.0002)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def results(folder: Path) -> list[bytes]:
    return [(folder / out).read_bytes() for out in OUTS]


@pytest.mark.parametrize("name", RUNS)
def test_twenty_kills_change_no_byte(name: str, tmp_path: Path) -> None:
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    for folder in (undisturbed, disturbed):
        prepare(folder, RUNS[name])
    begun = time.monotonic()
    process = start(undisturbed)
    process.join()
    took = time.monotonic() - begun
    assert process.exitcode == 0
    chance = random.Random(name)  # noqa: S311 -- moments, no secrets
    kills = 0
    for number in range(KILLS):
        until = time.monotonic() + chance.uniform(0.2, 0.6) * took

        def writing() -> bool:
            return any((disturbed / STATES).glob(".*.partial"))

        moment = writing if number == 1 else lambda until=until: time.monotonic() > until
        kills += killed(disturbed, moment)
        # It may die with its work done; else it leaves the epochs so far, and no classifier.
        found, expected = ((place / OUTS[1]) for place in (disturbed, undisturbed))
        rows = found.read_bytes().splitlines(keepends=True) if found.exists() else []
        whole = expected.read_bytes().splitlines(keepends=True)
        assert rows == whole[: len(rows)]
        if (disturbed / OUTS[0]).exists():
            assert results(disturbed) == results(undisturbed)
    assert kills
    print(f"{name}: {kills} kills")
    process = start(disturbed)
    process.join()
    assert process.exitcode == 0
    assert results(disturbed) == results(undisturbed)
    assert not list((disturbed / STATES).glob("*")), "the state of a finished run is of no use"


def test_an_experiment_in_a_folder_of_its_own_goes_on(reproduced: Clone) -> None:
    train_only = ["train", "--temp", "-S", "train.epochs=15", "-S", "train.threads=1"]
    command = ["dvc", "exp", "run", *train_only]
    process = reproduced.start(*command, "-n", "killed")
    deadline = time.monotonic() + 120
    states = reproduced.root / STATES
    while not list(states.glob("*.pt")) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(list(states.glob("*.pt"))) == 1
    printed = reproduced.run(*command, "-n", "resumed")
    assert re.search(r"goes on where it was stopped: after epoch \d+, step 0", printed)
    assert not list(states.glob("*.pt"))
    refs = reproduced.run("git", "for-each-ref", "--format=%(refname)", "refs/exps")
    ref = next(ref for ref in refs.split() if ref.endswith("/resumed"))
    lock = YAML(typ="safe").load(reproduced.run("git", "show", f"{ref}:dvc.lock"))
    outs = {out["path"]: out["md5"] for out in lock["stages"]["train"]["outs"]}
    expected = outs[OUTS[0]]
    reproduced.params(f"  epochs: {EPOCHS} ", "  epochs: 15 ")
    reproduced.params("  threads: 2", "  threads: 1")
    reproduced.run("python", "-m", "stages.train")
    assert hashlib.md5(results(reproduced.root)[0]).hexdigest() == expected  # noqa: S324 -- DVC's
