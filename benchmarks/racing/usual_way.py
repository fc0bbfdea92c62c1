"""The usual loop, as PyTorch's tutorials have it.

A Dataset that transforms each image by itself, a DataLoader with its defaults, torch's optimizer,
schedule and loss with what the recipe says of them, `.item()` at every step; eager, in fp32, with
the processor's own kernels. Photographs are read by torchvision's ImageFolder and augmented by its
transforms. Network and initial weights are ours.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor, nn, optim
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from benchmarks.racing.entrant import Job
from stages.artifacts import classifier, splits
from stages.artifacts.classifier import Card
from stages.artifacts.splits import Split
from stages.train import Train
from stages.training.setup import initial_card
from tools import recipe

Data: TypeAlias = Dataset[tuple[Tensor, Tensor]]
OPTIMIZERS = {"sgd": optim.SGD, "adam": optim.Adam, "adamw": optim.AdamW}
TEST_BATCH = 256


class Images(Dataset[tuple[Tensor, Tensor]]):
    """The usual data set: one image at a time, through the usual transforms."""

    def __init__(self, split: Split, card: Card) -> None:
        """Take a split and the card of the network, which has mean and standard deviation."""
        self.split = split
        self.transform = v2.Compose([v2.ToImage(), *to_float(card)])

    def __len__(self) -> int:
        """Return how many images there are."""
        return len(self.split.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return one image, float [C, H, W], and its label."""
        return self.transform(self.split.images[index]), torch.tensor(self.split.labels[index])


def to_float(card: Card) -> list[v2.Transform]:
    """Return the transforms from 8 bits to what the network takes."""
    interface = card.interface
    scaled = v2.ToDtype(torch.float32, scale=True)
    return [scaled, v2.Normalize(interface.mean, interface.std)]


class Plain:
    """The usual loop."""

    def __init__(self, params: Train, card: Card) -> None:
        """Build the network with the weights that ours begins with, and its optimizer."""
        torch.manual_seed(params.seed)
        self.network, self.params = classifier.build(card).network, params
        options = {"momentum": params.momentum} if params.optimizer == "sgd" else {}
        options |= {"lr": params.lr, "weight_decay": params.weight_decay}
        self.optimizer = OPTIMIZERS[params.optimizer](self.network.parameters(), **options)
        self.loss = nn.CrossEntropyLoss(label_smoothing=params.label_smoothing)
        self.schedule: optim.lr_scheduler.LRScheduler | None = None

    def steps(self, data: Data) -> Iterator[int]:
        """Yield the images of each step of an epoch."""
        self.network.train()
        loader = DataLoader(data, batch_size=self.params.batch_size, shuffle=True)
        if self.schedule is None and self.params.schedule == "one_cycle":
            steps = len(loader) * self.params.epochs
            rates = optim.lr_scheduler.OneCycleLR
            self.schedule = rates(self.optimizer, self.params.lr, total_steps=steps)
        total = 0.0
        for images, labels in loader:
            self.optimizer.zero_grad()
            loss = self.loss(self.network(images), labels)
            loss.backward()
            self.optimizer.step()
            if self.schedule:
                self.schedule.step()
            total += loss.item()
            yield len(labels)


def share_right(network: nn.Module, test: Data) -> float:
    """Return the share of the images that are classified correctly."""
    network.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in DataLoader(test, batch_size=TEST_BATCH):
            right += int((network(images).argmax(1) == labels).sum())
            count += len(labels)
    return right / count


class Usual:
    """The usual loop as one that takes turns; its last epoch counts."""

    def __init__(self, job: Job) -> None:
        """Read the images, and build network and optimizer."""
        params, root = recipe.section(job.recipe, Train), Path(job.root)
        params = params.model_copy(update={"seed": job.seed, "epochs": job.epochs})
        card = initial_card(params, splits.read_meta(root).interface)
        if job.photos:
            data, self._test = photographs(Path(job.photos), params, card)
        else:
            data, self._test = (Images(splits.read(of, root), card) for of in ("train", "test"))
        count = min(len(data), job.limit or len(data))  # type: ignore[arg-type]
        self._data, self._count = Subset(data, range(count)), count
        self._plain = Plain(params, card)

    def images(self) -> int:
        """Return how many images an epoch has."""
        return self._count

    def epoch(self) -> Iterator[int]:
        """Train an epoch."""
        return self._plain.steps(self._data)

    def ended(self) -> None:
        """Go on."""

    def accuracy(self) -> float:
        """Return the share of test that is classified correctly."""
        return share_right(self._plain.network, self._test)


def photographs(root: Path, params: Train, card: Card) -> tuple[Data, Data]:
    """Return train, augmented as the recipe says, and test, from files."""
    side = card.interface.height
    size, scale = (side, side), (params.resized_crop, 1.0)
    cropped: list[v2.Transform] = [v2.RandomResizedCrop(size, scale), v2.RandomHorizontalFlip()]
    centred: list[v2.Transform] = [v2.Resize(side), v2.CenterCrop(size)]
    ways = {"train": cropped, "test": centred}
    train, test = (
        ImageFolder(str(root / name), v2.Compose([v2.ToImage(), *first, *to_float(card)]))
        for name, first in ways.items()
    )
    return train, test


def begin(job: Job) -> Usual:
    """Return the way."""
    return Usual(job)
