"""Images a second of training: the train stage's loop against the usual one.

    python -m benchmarks.train mnist_cnn data/splits

The usual loop is a Dataset that transforms each image by itself, a DataLoader with its defaults and
`.item()` at every step, eager, in fp32; ours is the stage's, with all that the recipe says. Both
have the same arrays, network, batch size, optimizer and threads, take turns in one process, and the
median counts. The share of a step that the loop itself costs is measured with the same network on
one batch that stays where it is.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import torch
from torch import Tensor, nn, optim
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from stages import runtime
from stages.artifacts import classifier, splits
from stages.artifacts.classifier import Card
from stages.artifacts.splits import Split
from stages.batches import Resident, to_device
from stages.train import Train
from stages.training.loop import train_epoch
from stages.training.setup import build_step, initial_card
from stages.training.step import Step, whole_step
from tools import recipe

ROUNDS = 5
SECONDS = 2.0  # a round of each
OPTIMIZERS = {"sgd": optim.SGD, "adam": optim.Adam, "adamw": optim.AdamW}


class Images(Dataset[tuple[Tensor, Tensor]]):
    """The usual data set: one image at a time, through the usual transforms."""

    def __init__(self, split: Split, card: Card) -> None:
        self.split = split
        normalize = v2.Normalize(card.interface.mean, card.interface.std)
        to_float = v2.ToDtype(torch.float32, scale=True)
        self.transform = v2.Compose([v2.ToImage(), to_float, normalize])

    def __len__(self) -> int:
        return len(self.split.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.transform(self.split.images[index]), torch.tensor(self.split.labels[index])


def main() -> None:
    """Measure both, and print images a second and the ratio."""
    name, root = sys.argv[1], Path(sys.argv[2])
    params, split = recipe.section(name, Train), splits.read("train", root)
    interface = splits.read_meta(root).interface
    card = initial_card(params, interface)
    usual_threads = torch.get_num_threads()
    data = to_device(split, runtime.start(params))
    step, loader, plain = build_step(params, card, data), Images(split, card), Plain(params, card)
    rates: dict[str, list[float]] = {"usual": [], "ours": [], "ours, the step alone": []}
    for _ in range(ROUNDS):
        torch.set_num_threads(usual_threads)
        rates["usual"].append(rate(plain.steps(loader)))
        torch.set_num_threads(params.threads)
        rates["ours"].append(rate(ours(step, data, params)))
        rates["ours, the step alone"].append(rate(alone(step, data)))
    print(f"{name}, batch {params.batch_size}, {params.threads} threads, n = {ROUNDS}")
    base = median(rates["usual"])
    for way, values in rates.items():
        middle = median(values)
        print(f"{way:<22}{middle:>10,.0f} images/s {middle / base:8.2f}x")
    share = 1 - median(rates["ours"]) / median(rates["ours, the step alone"])
    print(f"the loop itself takes {share:.1%} of a step")


class Plain:
    """The usual loop."""

    def __init__(self, params: Train, card: Card) -> None:
        self.network, self.batch_size = classifier.build(card).network, params.batch_size
        options = {"momentum": params.momentum} if params.optimizer == "sgd" else {}
        kind = OPTIMIZERS[params.optimizer]
        self.optimizer = kind(self.network.parameters(), lr=params.lr, **options)
        self.loss = nn.CrossEntropyLoss()

    def steps(self, data: Images) -> Iterator[int]:
        """Yield the images of each step."""
        self.network.train()
        total = 0.0
        for images, labels in DataLoader(data, batch_size=self.batch_size, shuffle=True):
            self.optimizer.zero_grad()
            loss = self.loss(self.network(images), labels)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
            yield len(labels)


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


def rate(
    steps: Iterator[int],
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return images a second of so many seconds of steps, which give their images.

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
