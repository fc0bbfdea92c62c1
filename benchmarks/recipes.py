"""Recipes side by side with the usual loop, and with fastai's: speed, and accuracy after as much.

Each way is a process of its own; they take turns, so that each figure of one stands beside that of
the other of the same minute. All train on the same images from the same initial weights, batch by
batch as the recipe says, for as many epochs.
"""

from functools import partial
from typing import Any, NamedTuple

from benchmarks.measuring import fastai_home
from benchmarks.measuring.datasets import photographs
from benchmarks.measuring.figure import Figure
from benchmarks.measuring.session import Measure
from benchmarks.measuring.task import Findings, Task
from benchmarks.measuring.workspace import prepared
from benchmarks.racing.entrant import Job
from benchmarks.racing.race import OURS, USUAL, Plan, figures, race

TRIAL = 256  # images of an epoch, in a trial


class Trained(NamedTuple):
    """Epochs, turns and seeds by which a recipe is measured: all of them fit in half an hour."""

    epochs: int
    rounds: int
    seeds: int = 1
    fastai: bool = False
    photos: bool = False  # whether the usual way reads files


TRAINED = {
    "digits": Trained(epochs=20, rounds=1, seeds=3),
    "mnist_mlp": Trained(epochs=5, rounds=5),
    "mnist_cnn": Trained(epochs=2, rounds=4, fastai=True),
    "mnist_fast": Trained(epochs=2, rounds=5),
    "cifar10_lenet": Trained(epochs=2, rounds=5),
    "cifar10_cnn": Trained(epochs=2, rounds=4),
    "photos": Trained(epochs=4, rounds=4, photos=True),
}


def measure(name: str, plan: Trained, task: Task) -> Findings:
    """Measure one recipe."""
    folder = prepared(task, name)
    job = Job(
        OURS, name, str(folder.root / "data/splits"), None, 0,
        task.chosen(plan.epochs, 1), TRIAL if task.quick else None,
    )  # fmt: skip
    files = str(photographs(task)) if plan.photos else None
    jobs = {USUAL: job._replace(way=USUAL, photos=files), OURS: job}
    python = fastai_home.available(task) if plan.fastai and not task.quick else None
    if python:
        jobs["fastai"] = job._replace(way="fastai")
    turns = Plan(rounds=task.chosen(plan.rounds, 1), seeds=task.chosen(plan.seeds, 1))
    found = race(jobs, turns, {"fastai": python} if python else {}, task.say)
    counted = Figure(what="epochs", values=(job.epochs,), decimals=0)
    return Findings(
        {**figures(found), "epochs": counted},
        notes=[*notes(plan, folder.params["train"], job.epochs)],
        versions={"fastai": fastai_home.version(python)} if python else {},
    )


def notes(plan: Trained, params: dict[str, Any], epochs: int) -> list[str]:
    """Return what a reader must know."""
    said = [
        f"batch {params['batch_size']}, {params['threads']} threads, {params['kernels']} kernels"
    ]
    if epochs < params["epochs"]:
        said.append(f"{epochs} of the recipe's {params['epochs']} epochs, for both")
    if plan.photos:
        said.append("the usual way decodes every image in every epoch; ours holds some out for val")
    return said


def parts() -> dict[str, Measure]:
    """Return the parts of `make bench` that this is."""
    return {name: partial(measure, name, plan) for name, plan in TRAINED.items()}
