"""What portable kernels cost in training: a step with them against one with native kernels.

    python -m benchmarks.kernels mnist_mlp mnist_cnn:precision=fp32 digits:network=resnet_small

Each recipe, after a colon with other values of train, is trained on random images by two processes,
which take turns; the median of the ratios of neighbouring turns counts, beside their range. A
machine that does other things too makes the range wide.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import IO, cast

import numpy as np
import torch
from ruamel.yaml import YAML

from benchmarks.train import ours, rate
from stages import processor, runtime
from stages.artifacts.splits import Split
from stages.batches import to_device
from stages.nets.interface import Interface
from stages.preprocess import Preprocess
from stages.train import Train
from stages.training.setup import build_step, initial_card
from tools import recipe

KINDS = "portable", "native"
ROUNDS = 9
PIXELS = 16_000_000  # of the images, all together
CLASSES = tuple("0123456789")


def main() -> None:
    """Print a line for each recipe, or serve the process that does."""
    if sys.argv[1] in KINDS:
        serve(*sys.argv[1:])
        return
    print(f"{processor.model()}, {torch.backends.cpu.get_cpu_capability()}, n = {ROUNDS}")
    for name in sys.argv[1:]:
        with worker("portable", name) as portable, worker("native", name) as native:
            rounds = [(next_rate(portable), next_rate(native)) for _ in range(ROUNDS)]
        ratios = sorted(fast / slow for slow, fast in rounds)
        rates = (f"{median(of):,.0f}" for of in zip(*rounds, strict=True))
        print(
            f"{name}: portable {next(rates)}, native {next(rates)} images/s; a step takes "
            f"{median(ratios):.2f}x ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            flush=True,
        )


@contextmanager
def worker(kind: str, name: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a process that trains for a moment when a line comes, and answers with the rate."""
    command = [sys.executable, "-m", "benchmarks.kernels", kind, name]
    with subprocess.Popen(
        command, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        next_rate(process)  # the first steps are slower
        yield process
        cast("IO[str]", process.stdin).close()


def next_rate(process: "subprocess.Popen[str]") -> float:
    """Return images a second of the next moment."""
    print(file=cast("IO[str]", process.stdin))
    return float(cast("IO[str]", process.stdout).readline())


def serve(kind: str, name: str) -> None:
    """Train for a moment at each line of the input, and print images a second."""
    params, sized = settings(name), recipe.section(name.partition(":")[0], Preprocess)
    params = params.model_copy(update={"kernels": kind, "device": "cpu", "threads": 1})
    runtime.start(params)
    height, width, channels = *sized.image_size, sized.channels
    rng, count = np.random.default_rng(0), PIXELS // (height * width * channels)
    images = rng.integers(0, 256, (count, height, width, channels), np.uint8)
    data = to_device(Split(images, np.arange(count) % len(CLASSES)), torch.device("cpu"))
    moments = {"mean": (0.5,) * channels, "std": (0.25,) * channels}
    shape = {"height": height, "width": width, "channels": channels, "classes": CLASSES}
    how = {"resize": sized.resize, "interpolation": sized.interpolation}
    interface = Interface.model_validate({**shape, **moments, **how})
    step = build_step(params, initial_card(params, interface), data)
    for _ in sys.stdin:
        print(rate(ours(step, data, params), clock=time.process_time), flush=True)


def settings(name: str) -> Train:
    """Return the parameters of a recipe with those that are named behind it."""
    base, *changes = name.split(":")
    values = recipe.section(base, Train).model_dump()
    for key, _, text in (change.partition("=") for change in changes):
        values[key] = YAML(typ="safe").load(text)
    return Train.model_validate(values, strict=False)


if __name__ == "__main__":
    main()
