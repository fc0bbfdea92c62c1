"""Judgements of made-up logits, that the tests of several modules share."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from toys import CARD, INTERFACE

from stages.artifacts import classifier
from stages.artifacts.classifier import Card
from stages.artifacts.cleaned import CleaningCounts
from stages.artifacts.download_metrics import Received
from stages.artifacts.history import Epoch
from stages.artifacts.preprocess_metrics import Findings, PublishedSizes
from stages.artifacts.splits import Split
from stages.nets.network import Network
from stages.reporting.data_notes import Sources
from stages.reporting.page.presentation import Background
from stages.reporting.results import Results

EPOCHS = [Epoch(1, 0.7, 0.6, 0.5, 0.75, 0.01), Epoch(2, 0.6, 0.5, 0.75, 1.0, 0.001)]


def named(classes: int) -> tuple[str, ...]:
    return tuple(f"class {number}" for number in range(classes))


def judge(
    logits: np.ndarray,
    labels: Sequence[int] | np.ndarray,
    classes: Sequence[str] = (),
    network: Network = CARD.network,
) -> Results:
    """Return what follows from logits; the images are noise, and the network new."""
    names = tuple(classes) or named(logits.shape[1])
    interface = INTERFACE.model_copy(update={"classes": names})
    torch.manual_seed(0)
    made = classifier.build(
        Card(network=network, interface=interface, temperature=2.0, training={"lr": 0.01})
    )
    images = np.random.default_rng(0).integers(0, 256, (len(labels), 4, 5, 1), np.uint8)
    paths = [f"test/{number}.png" for number in range(len(labels))]
    return Results(made, Split(images, np.array(labels)), paths, logits.astype(np.float32))


def background(judgement: Results) -> Background:
    """Return a run that learned from two images a class, and chose by one."""
    of_each = np.arange(len(judgement.card.interface.classes))
    blank = np.zeros((2 * len(of_each), 4, 5, 1), np.uint8)
    train, val = Split(blank, of_each.repeat(2)), Split(blank[: len(of_each)], of_each)
    splits = {"train": train, "val": val, "test": judgement.split}
    return Background("test", splits, EPOCHS)


def sources(cleaned: CleaningCounts | None = None) -> Sources:
    """Return what download and preprocess tell of images of which nothing is to be said."""
    sizes = PublishedSizes(1, (4, 5), (4, 4), (5, 5))
    shared = {"train_and_val": 0, "train_and_test": 0, "val_and_test": 0}
    findings = Findings(0, 0, 0, {}, shared, sizes, 0, 0)
    return Sources(Received("Toys", {"train": 9}, 0, 0, {}), findings, INTERFACE, cleaned)


def usual(classes: int, images: int) -> Results:
    """Judge most images right."""
    labels = np.arange(images) % classes
    logits = np.random.default_rng(1).normal(size=(images, classes))
    return judge(logits + 3 * np.eye(classes)[labels], labels)


def perfect() -> Results:
    """Judge all images right."""
    labels = np.arange(40) % 4
    return judge(20 * np.eye(4)[labels], labels)


def constant() -> Results:
    """Judge all images to be of class 1."""
    return judge(np.tile([0.0, 9.0, 1.0], (30, 1)), np.arange(30) % 3)


def absent() -> Results:
    """Judge images of all classes but the last; one is taken for that."""
    labels = np.arange(30) % 2
    logits = 5 * np.eye(3)[labels]
    logits[0, 2] = 9
    return judge(logits, labels)


EXTREMES: dict[str, Callable[[], Results]] = {
    "usual": lambda: usual(4, 60),
    "two classes": lambda: usual(2, 30),
    "a thousand classes": lambda: usual(1000, 2000),
    "perfect": perfect,
    "a single class predicted": constant,
    "a class without images": absent,
    "one image": lambda: judge(np.array([[0.0, 1.0]]), [1]),
}
