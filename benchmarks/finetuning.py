"""Fine-tuning on photographs in folders: a recipe's stages against timm's own way.

    python -m benchmarks.finetuning photos_finetune hymenoptera_data weights.pth 5

The folder holds train/ and test/, each with a folder a class; the weights are those of the recipe.
Ours are the stages as `dvc repro` runs them: download and preprocess once, then train and evaluate
for each seed; what trains is train less the part that preprocess holds out for val. timm's own way
is its data set, loader, transforms, optimizer and scheduler as its train.py combines them: all
layers learn, from all of train, and its last epoch counts. Its options were tuned on ants and bees:
the same as --opt adamw --lr 5e-4 --epochs 5 --warmup-epochs 1 --smoothing 0.1 --head-init-scale 0
--scale 0.5 1 --color-jitter 0. Both begin with the same weights and see images of the same size;
every run is a process of its own, imports included, and they take turns.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from ruamel.yaml import YAML

from reprise.capacity import cores
from stages import processor
from stages.params import PATH
from tools import recipe
from tools.params_yaml import Sections, merge, read

ROOT = Path(__file__).parents[1]
EPOCHS, BATCH, RATE, WARM_UP, SMOOTHING = 5, 16, 5e-4, 1, 0.1  # of timm's own way
DECAY, SCALE, JITTER = 0.05, (0.5, 1.0), 0.0
GIVEN, SCORE = "timm.json", "timm.txt"  # files by which it is asked, and answers


class Cost(NamedTuple):
    """What some processes took."""

    seconds: float
    core_seconds: float

    def __add__(self, other: object) -> "Cost":
        return Cost(*map(sum, zip(self, other, strict=True)))  # type: ignore[call-overload]


class Task(NamedTuple):
    """What both are to learn."""

    root: Path  # a folder of its own
    params: Sections
    images: Path
    weights: Path


def main() -> None:
    """Print accuracy, seconds and core-seconds of both, over the seeds."""
    name, images, weights, seeds = sys.argv[1], *map(Path, sys.argv[2:4]), int(sys.argv[4])
    found: dict[str, list[tuple[float, Cost]]] = {"ours": [], "timm's": []}
    with TemporaryDirectory() as folder:
        task = prepared(Path(folder), name, images.resolve(), weights.resolve())
        once = run(task.root, "stages.download") + run(task.root, "stages.preprocess")
        for seed in range(seeds):
            found["ours"].append(ours(task, seed))
            found["timm's"].append(usual(task, seed))
    print(f"{name}, {images.name}, {cores()} cores of {processor.model()}, n = {seeds}")
    print(f"download and preprocess, once: {once.seconds:.1f} s, {once.core_seconds:.1f} core-s")
    for way, results in found.items():
        scores = [score for score, _ in results]
        spread = stdev(scores) if seeds > 1 else 0.0
        each = " ".join(f"{score:.3f}" for score in scores)
        print(
            f"{way:<8}accuracy on test {mean(scores):.4f} ± {spread:.4f} ({each}), "
            f"{average(results)}"
        )
    first, second = (mean(cost.seconds for _, cost in results) for results in found.values())
    print(
        f"ours is {second / first:.2f}x as fast, and {second / (first + once.seconds):.2f}x where "
        "download and preprocess count with every run"
    )


def average(results: list[tuple[float, Cost]]) -> str:
    """Return what a run costs, on average."""
    costs = [cost for _, cost in results]
    seconds, used = (mean(values) for values in zip(*costs, strict=True))
    return f"{seconds:.1f} s, {used:.1f} core-s"


def prepared(root: Path, name: str, images: Path, weights: Path) -> Task:
    """Write params.yaml of the recipe, and put the weights where it expects them."""
    params = read(PATH)
    merge(params, recipe.settings(name))
    params["download"]["path"] = str(images)
    params["train"]["board"] = False
    target = root / params["train"]["weights"]
    target.parent.mkdir(parents=True)
    shutil.copy(weights, target)
    shutil.copy(ROOT / "versions.yaml", root)
    shutil.copy(PATH, root)
    write(root, params)
    return Task(root, params, images, weights)


def write(root: Path, params: Sections) -> None:
    """Write params.yaml."""
    YAML().dump(params, root / PATH)


def ours(task: Task, seed: int) -> tuple[float, Cost]:
    """Train and evaluate with a seed; return the accuracy on test, and the cost."""
    task.params["train"]["seed"] = seed
    write(task.root, task.params)
    cost = run(task.root, "stages.train") + run(task.root, "stages.evaluate")
    scores = json.loads((task.root / "metrics/evaluate.json").read_text("utf-8"))
    return float(scores["accuracy"]), cost


def usual(task: Task, seed: int) -> tuple[float, Cost]:
    """Do the same timm's way."""
    train, (height, _) = task.params["train"], task.params["preprocess"]["image_size"]
    given = {
        "architecture": train["architecture"],
        "images": str(task.images),
        "weights": str(task.weights),
        "size": height,
        "seed": seed,
        "threads": train["threads"],
    }
    (task.root / GIVEN).write_text(json.dumps(given), "utf-8")
    cost = run(task.root, "benchmarks.finetuning")
    return float((task.root / SCORE).read_text("utf-8")), cost


def run(root: Path, module: str, *arguments: str) -> Cost:
    """Run a module in a folder, and return what it cost."""
    before, began = os.times(), time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
    after, seconds = os.times(), time.perf_counter() - began
    used = after.children_user + after.children_system
    return Cost(seconds, used - before.children_user - before.children_system)


# timm is imported where it is used: it is no part of the other way, nor of what compares them.
def timm_way(given: dict[str, Any]) -> float:
    """Fine-tune as timm's train.py does; return the accuracy on test of the last epoch."""
    import torch  # noqa: PLC0415

    torch.manual_seed(given["seed"])
    random.seed(given["seed"])  # of its transforms
    np.random.seed(given["seed"])  # noqa: NPY002  # as timm itself does
    torch.set_num_threads(given["threads"])
    network, loader, tested = begun(given)
    learn(network, loader)
    network.eval()
    right, count = 0, 0
    with torch.no_grad():
        for inputs, labels in tested:
            right, count = (
                right + int((network(inputs).argmax(1) == labels).sum()),
                count + len(labels),
            )
    return right / count


def begun(given: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return network and loaders of train and test, all of timm."""
    import timm  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    of_timm: Any = import_module("timm.data")  # whose names its type hints do not export

    from stages.nets.introspection import head  # noqa: PLC0415
    from stages.training.efficientnet_names import renamed  # noqa: PLC0415

    train, test = (
        of_timm.create_dataset("", root=f"{given['images']}/{name}") for name in ("train", "test")
    )
    network = timm.create_model(given["architecture"], num_classes=len(train.reader.class_to_idx))
    own = network.state_dict()
    held = renamed(own, torch.load(given["weights"], weights_only=True))
    fitting = {name: weight for name, weight in held.items() if own[name].shape == weight.shape}
    network.load_state_dict(own | fitting)
    for weight in head(network).parameters():
        nn.init.zeros_(weight)
    size = (3, given["size"], given["size"])
    config = of_timm.resolve_data_config({"input_size": size}, model=network)
    shared = {name: config[name] for name in ("input_size", "interpolation", "mean", "std")}
    shared |= {"batch_size": BATCH, "num_workers": 1, "use_prefetcher": False}
    loaders = (
        of_timm.create_loader(train, is_training=True, scale=SCALE, color_jitter=JITTER, **shared),
        of_timm.create_loader(test, crop_pct=1.0, **shared),
    )
    return network, *loaders


def learn(network: Any, loader: Any) -> None:  # noqa: ANN401
    """Train all layers."""
    from timm.optim import create_optimizer_v2  # type: ignore[attr-defined]  # noqa: PLC0415
    from timm.scheduler import create_scheduler_v2  # type: ignore[attr-defined]  # noqa: PLC0415
    from torch.nn import CrossEntropyLoss  # noqa: PLC0415

    optimizer = create_optimizer_v2(network, opt="adamw", lr=RATE, weight_decay=DECAY)
    schedule, epochs = create_scheduler_v2(
        optimizer, sched="cosine", num_epochs=EPOCHS, warmup_epochs=WARM_UP, warmup_lr=RATE / 100
    )
    loss = CrossEntropyLoss(label_smoothing=SMOOTHING)
    for epoch in range(epochs):
        network.train()
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss(network(inputs), labels).backward()
            optimizer.step()
        schedule.step(epoch + 1)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main()
    else:  # started by the other, in its folder
        score = timm_way(json.loads(Path(GIVEN).read_text("utf-8")))
        Path(SCORE).write_text(str(score), "utf-8")
