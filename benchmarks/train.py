"""Images a second of training: the train stage's loop against the usual one.

    python -m benchmarks.train mnist_cnn data/splits

The usual loop is a Dataset that transforms each image by itself, a DataLoader with its defaults and
`.item()` at every step, eager, in fp32, with the processor's own kernels; ours is the stage's, with
all that the recipe says. Both have the same arrays, network, batch size and optimizer, each a
process of its own that begins with the same weights; they take turns, and the median counts. The
share of a step that the loop itself costs is measured with the same network on one batch that stays
where it is. What the processor can do at most is measured in the same turns: the product of two
large fp32 matrices, by its own kernels. The share of it that our loop reaches counts the operations
of convolutions and linear layers alone.

What both come to at the end of a training is told by `make bench`, in docs/measured.md.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.racing.usual_way import Images, Plain
from stages import processor, runtime
from stages.artifacts import splits
from stages.batches import Resident, to_device
from stages.train import Train
from stages.training.loop import train_epoch
from stages.training.setup import build_step, initial_card
from stages.training.step import Step, whole_step
from tools import recipe

ROUNDS = 5
SECONDS = 2.0  # a round of each
SIDE = 2048  # of the matrices whose product shows what the processor can do
PRODUCT, USUAL = "product", "usual"


def serve(asked: Connection, name: str, root: Path) -> None:
    """Answer what is asked, in a process that is no stage: with the processor's own kernels."""
    params = recipe.section(name, Train)
    card = initial_card(params, splits.read_meta(root).interface)
    images, threads = Images(splits.read("train", root), card), torch.get_num_threads()
    plain = Plain(params, card)
    while what := asked.recv():
        torch.set_num_threads(params.threads if what == PRODUCT else threads)
        asked.send(rate(matrix_products() if what == PRODUCT else plain.steps(images)))


def main() -> None:
    """Measure both, and print images a second, the ratio, and the share of the processor's peak."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train")
    parser.add_argument("recipe")
    parser.add_argument("root", type=Path, help="data/splits, as the recipe makes it")
    asked = parser.parse_args()
    context = get_context("spawn")
    other, theirs = context.Pipe()
    context.Process(target=serve, args=(theirs, asked.recipe, asked.root), daemon=True).start()
    params = recipe.section(asked.recipe, Train)
    print(f"{asked.recipe}, batch {params.batch_size}, {params.threads} threads, n = {ROUNDS}")
    print(f"{processor.model()}; ours: kernels {params.kernels}, {params.precision}")
    compare(params, asked.root, other)
    other.send("")


def compare(params: Train, root: Path, other: Connection) -> None:
    """Let both ways take turns, and print what each comes to."""
    card = initial_card(params, splits.read_meta(root).interface)
    data = to_device(splits.read("train", root), runtime.start(params))
    step = build_step(params, card, data)
    rates: dict[str, list[float]] = {USUAL: [], "ours": [], "ours, the step alone": []}
    products = list[float]()
    for _ in range(ROUNDS):
        for what, values in ((USUAL, rates[USUAL]), (PRODUCT, products)):
            other.send(what)
            values.append(other.recv())
        rates["ours"].append(rate(ours(step, data, params)))
        rates["ours, the step alone"].append(rate(alone(step, data)))
    for way, values in rates.items():
        middle, spread = median(values), f"{min(values):,.0f} to {max(values):,.0f}"
        print(
            f"{way:<22}{middle:>10,.0f} images/s {middle / median(rates[USUAL]):8.2f}x ({spread})"
        )
    share = 1 - median(rates["ours"]) / median(rates["ours, the step alone"])
    print(f"the loop itself takes {share:.1%} of a step")
    used, peak = operations(step, data) * median(rates["ours"]), median(products)
    print(
        f"ours computes {used / 1e9:,.1f} GFLOP/s, {used / peak:.0%} of the {peak / 1e9:,.1f} that "
        f"a product of matrices of {SIDE} x {SIDE} reaches"
    )


def ours(step: Step, data: Resident, params: Train) -> Iterator[int]:
    """Yield the images of each step of the stage's loop, epoch after epoch."""
    while True:
        step.learner.tally = type(step.learner.tally)()  # of an epoch that was left half-way, too
        for update in train_epoch(step, data, params):
            yield update.images


def alone(step: Step, data: Resident) -> Iterator[int]:
    """Yield the images of steps on the same images: what no loop can do without."""
    size = step.params.images_a_step
    images, labels = data.images[:size].clone(), data.labels[:size]
    while True:
        step(whole_step(images, labels, step.params))
        yield size


def operations(step: Step, data: Resident) -> float:
    """Return the floating-point operations of a step, for each image."""
    with FlopCounterMode(display=False) as counter:
        next(alone(step, data))
    return float(counter.get_total_flops()) / step.params.images_a_step


def matrix_products() -> Iterator[int]:
    """Yield the operations of each product of two matrices."""
    first, second = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
    made = torch.empty(SIDE, SIDE)
    while True:
        torch.mm(first, second, out=made)
        yield 2 * SIDE**3


def rate(
    steps: Iterator[int],
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return images, or operations, a second of so many seconds of steps, which yield them.

    The first is not counted: loops start to read, and make their order, with it.
    """
    next(steps)
    done, start = 0, clock()
    for images in steps:
        done += images
        if clock() > start + seconds:
            break
    return done / (clock() - start)


if __name__ == "__main__":
    main()
