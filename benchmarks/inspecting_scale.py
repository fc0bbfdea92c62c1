"""Seconds and peak memory of `inspect` on 100,000 images of 28 px, in a process of its own.

    python -m benchmarks.inspecting_scale SPLITS_OF_MNIST

The images are the 70,000 of MNIST and 30,000 that are made up, the lighter pixels of two digits.
The network is that of the recipe mnist_fast, with random weights: it takes as long. How long the
network alone takes is measured beside it, with the same kernels and threads.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from ruamel.yaml import YAML

from reprise.capacity import cores
from stages import processor, runtime
from stages.artifacts import classifier, splits
from stages.artifacts.splits import Split
from stages.batches import to_device
from stages.inspect import Inspect
from stages.scores import predict
from stages.train import Train
from stages.training.setup import initial_card
from tools import recipe

ROOT = Path(__file__).parents[1]
MADE = 30_000  # images


def main() -> None:
    """Print both, or, in a process of its own, measure the network alone."""
    if len(sys.argv) == 1:
        alone()
        return
    with TemporaryDirectory() as name:
        count = prepare(Path(name), Path(sys.argv[1]))
        print(f"{count:,} images, {cores()} cores of {processor.model()}")
        for module in ("benchmarks.inspecting_scale", "stages.inspect"):
            seconds, used, megabytes = measured(Path(name), module)
            costs = f"{seconds:6.1f} s, {used:.1f} core-s, at most {megabytes:,.0f} MB"
            print(f"{module:<30}{costs}", flush=True)


def measured(folder: Path, module: str) -> tuple[float, float, float]:
    """Run a module in a folder; return seconds, core-seconds, and its peak memory in megabytes."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{module} ended with {status}")
    seconds, used = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return seconds, used, usage.ru_maxrss / 1000


def prepare(folder: Path, source: Path) -> int:
    """Write splits, a classifier and parameters; return the number of images."""
    rng = np.random.default_rng(0)
    parts = {name: splits.read(name, source) for name in splits.NAMES}
    interface, train = splits.read_meta(source).interface, parts["train"]
    one, other = rng.integers(0, len(train.labels), (2, MADE))
    parts["train"] = Split(
        np.concatenate([train.images, np.maximum(train.images[one], train.images[other])]),
        np.concatenate([train.labels, train.labels[one]]),
    )
    with splits.writer((28, 28, 1), folder / splits.PATH) as out:
        for name, part in parts.items():
            out.append(name, part, [f"{name}/{row}.png" for row in range(len(part.labels))])
        out.finish(interface, {})
    torch.manual_seed(0)
    card = initial_card(recipe.section("mnist_fast", Train), interface)
    classifier.write(classifier.build(card), folder / classifier.PATH)
    params = YAML(typ="safe").load(ROOT / "params.yaml")["inspect"] | {"predictions": "models"}
    YAML().dump({"inspect": params}, folder / "params.yaml")
    return sum(len(part.labels) for part in parts.values())


def alone() -> None:
    """Run the network over all images, as it is."""
    params = Inspect.load()
    device = runtime.start(params)
    judged = classifier.read().whole().to(device)
    for name in splits.NAMES:
        predict(judged, to_device(splits.read(name), device), params.batch_size)


if __name__ == "__main__":
    main()
