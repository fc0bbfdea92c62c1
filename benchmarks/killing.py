"""Measure how much is computed again after SIGKILL half-way through a training.

`dvc repro` of a longer training of the digits is killed, with all that it started, when half of the
epochs are in metrics/history.csv, and started again. Beside it the same undisturbed, in turns, each
pair with a seed of its own. The usual way has no checkpoint and begins anew: what it does twice is
all that it had done.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measuring.figure import Figure
from benchmarks.measuring.repository import Repository
from benchmarks.measuring.session import Measure
from benchmarks.measuring.task import Findings, Task
from stages import files

ROUNDS, EPOCHS, TRIAL = 3, 100, 20
HISTORY, CLASSIFIER = "metrics/history.csv", "models/classifier.safetensors"
TRAIN = ("repro", "--single-item", "train")
RESUMED = re.compile(r"goes on where it was stopped: after epoch (\d+), step (\d+)")
WHAT = {
    "extra_seconds": ("more seconds, killed and started again, than undisturbed", "s", 1),
    "anew_seconds": ("more seconds where all of it begins anew: the usual way", "s", 1),
    "undisturbed_seconds": ("`dvc repro` of the training, undisturbed", "s", 1),
    "epochs_done": ("epochs done when it was killed: the usual way computes them again", "", 0),
    "epochs_again": ("whole epochs of these that were computed again", "", 0),
}


def measure(task: Task) -> Findings:
    """Measure it."""
    at, found = Repository(task, "killing"), defaultdict[str, list[float]](list)
    epochs = task.chosen(EPOCHS, TRIAL)
    at.set("train", epochs=epochs)
    at.dvc("repro", "preprocess")
    for seed in range(1, task.chosen(ROUNDS, 1) + 1):
        at.set("train", seed=seed)
        for name, value in pair(at, epochs).items():
            found[name].append(value)
        told = (f"{name} {values[-1]:.1f}" for name, values in found.items())
        task.say(f"  seed {seed}: {', '.join(told)}")
    notes = [
        f"{epochs} epochs of the digits",
        "killed or not, the same bytes: other ones would have failed here",
        "the seconds more hold a second start of DVC and PyTorch, here and where all begins anew",
    ]
    return Findings(figures(found), notes)


def pair(at: Repository, epochs: int) -> dict[str, float]:
    """Train undisturbed, then the same killed half-way and started again.

    Raises:
        RuntimeError: they came to different bytes, or the training did not go on.
    """
    undisturbed = at.dvc(*TRAIN)[1].seconds
    whole = results(at.root)
    forget(at.root)
    killed = at.killed(["dvc", *TRAIN], lambda: epochs_done(at.root) >= epochs // 2)
    done = epochs_done(at.root)
    said, again = at.dvc(*TRAIN)
    if results(at.root) != whole:
        raise RuntimeError("the killed training came to other bytes than the undisturbed one")
    if not (resumed := RESUMED.search(said)):
        raise RuntimeError("the killed training did not go on where it was")
    return {
        "extra_seconds": killed + again.seconds - undisturbed,
        "anew_seconds": killed,
        "undisturbed_seconds": undisturbed,
        "epochs_done": float(done),
        "epochs_again": float(max(0, done - int(resumed[1]))),
    }


def results(root: Path) -> list[bytes]:
    """Return what the training wrote."""
    return [(root / path).read_bytes() for path in (HISTORY, CLASSIFIER)]


def forget(root: Path) -> None:
    """Remove all that DVC could take the training's results from."""
    for path in ("dvc.lock", ".dvc/cache/runs", HISTORY, CLASSIFIER):
        files.remove(root / path)


def epochs_done(root: Path) -> int:
    """Return the epochs that are in the history."""
    path = root / HISTORY
    return max(0, len(path.read_bytes().splitlines()) - 1) if path.exists() else 0


def figures(found: Mapping[str, list[float]]) -> dict[str, Figure]:
    """Return all that was found as figures."""
    return {
        name: Figure(what=what, values=tuple(found[name]), unit=unit, decimals=decimals)
        for name, (what, unit, decimals) in WHAT.items()
    }


def parts() -> dict[str, Measure]:
    """Return the part of `make bench` that this is."""
    return {"killing": measure}
