"""Accuracy on the test split and cost of a recipe, over several seeds.

    python -m benchmarks.accuracy mnist_cnn data/splits 5

Seeds 0, 1, … decide weights, order and augmentation; the splits stay. The core-seconds are those of
the process from the first step to the last validation, importing and reading not counted.
"""

import sys
import time
from pathlib import Path
from statistics import mean, stdev

from stages import runtime
from stages.artifacts import splits
from stages.batches import to_device
from stages.scores import score
from stages.train import Train, train
from stages.training.setup import build_step, initial_card
from stages.training.temperature import calibrate
from tools import recipe


def main() -> None:
    """Print accuracy, core-seconds and seconds of each seed, then mean and standard deviation."""
    name, root, seeds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    params = recipe.section(name, Train)
    results = [run(params.model_copy(update={"seed": seed}), root) for seed in range(seeds)]
    columns = [list(column) for column in zip(*results, strict=True)]
    print(f"{name}, {params.threads} threads, n = {seeds}")
    for name, values in zip(("accuracy", "core-seconds", "seconds"), columns, strict=True):
        spread = stdev(values) if seeds > 1 else 0.0
        each = " ".join(f"{value:.4f}" for value in values)
        print(f"{name:<14}{mean(values):.4f} ± {spread:.4f}   {each}")


def run(params: Train, root: Path) -> tuple[float, float, float]:
    """Train with a seed; return accuracy on test, core-seconds and seconds."""
    device = runtime.start(params)
    data, val, test = (to_device(splits.read(name, root), device) for name in splits.NAMES)
    interface = splits.read_meta(root).interface
    card = initial_card(params, interface)
    step = build_step(params, card, data)
    began, cores = time.perf_counter(), time.process_time()
    for _ in train(step, data, val, params):
        pass
    cores, seconds = time.process_time() - cores, time.perf_counter() - began
    made = calibrate(step, card, val).classifier
    return score(made.whole().to(device), test, 256).accuracy, cores, seconds


if __name__ == "__main__":
    main()
