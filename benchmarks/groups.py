"""Accuracy with and without groups, where leaking pays, beside that on images never seen.

    python -m benchmarks.groups 5                 # digits, 5 seeds
    python -m benchmarks.groups 5 data/raw 1500   # of that data/raw, 1,500 images

Each image is a group of six: itself and copies, shifted by up to an eighth of its side, noisy and
of another contrast. Of three groups in ten, the label is random, the same for the whole group: a
network that has seen the group may know it, and no other can. A fifth of the groups is set aside,
never given to the stages: what the classifier is worth. The rest is preprocessed and trained on,
as params.yaml says, with seeds 0, 1, ... of copies, splits and weights alike.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from PIL import Image as Picture

from reprise.decoding import decode
from stages import runtime
from stages.artifacts import raw, splits
from stages.artifacts.raw import Image, Raw
from stages.artifacts.splits import Split
from stages.batches import to_device
from stages.preprocess import Preprocess, preprocess
from stages.scores import score
from stages.sources import digits
from stages.train import Train, train
from stages.training.setup import build_step, initial_card
from stages.training.temperature import calibrate

COPIES, RANDOM, ASIDE = 6, 0.3, 0.2  # images a group; groups of a random label, and unseen ones
SHIFT, NOISE, CONTRAST = 1 / 8, 8.0, 0.2  # of a side; levels; either way
WAYS: dict[str, dict[str, object]] = {
    "none": {},
    "pattern": {"group_pattern": r"^(\d+)/"},
    "near_duplicates": {},
}


class Drawn(NamedTuple):
    """Groups of pictures [G, COPIES, S, S] and their labels [G]."""

    pictures: np.ndarray
    labels: np.ndarray


class Result(NamedTuple):
    """Accuracies that a way of splitting gave."""

    groups: int  # 0: without groups
    test: float  # accuracy
    unseen: float


def main() -> None:
    """Print, for each way, accuracy on test and on unseen groups: mean and deviation."""
    seeds = int(sys.argv[1])
    pictures, labels, classes = source(*sys.argv[2:])
    found: dict[str, list[Result]] = {way: [] for way in WAYS}
    for seed in range(seeds):
        everyone = draw(pictures, labels, len(classes), seed)
        cut = int(len(labels) * ASIDE)
        unseen, given = Drawn(*(of[:cut] for of in everyone)), Drawn(*(of[cut:] for of in everyone))
        for way, results in found.items():
            with TemporaryDirectory() as folder:
                results.append(run(given, unseen, classes, (way, seed, Path(folder))))
    print(f"{len(labels):,} groups of {COPIES}, a fifth unseen, n = {seeds} seeds")
    for way, results in found.items():
        groups, *accuracies = zip(*results, strict=True)
        test, new = (f"{mean(a):.4f} ± {stdev(a) if seeds > 1 else 0:.4f}" for a in accuracies)
        print(f"{way:<16}test {test}   unseen {new}   groups {mean(groups):,.0f}")


def source(root: str = "", count: str = "-1") -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return grey pictures, labels and classes, of data/raw or of digits."""
    if root:
        published = raw.read(Path(root))
        some = np.random.default_rng(0).permutation(len(published.all_labels()))
        images, classes = [*published.images(np.sort(some[: int(count)]))], published.classes
    else:
        images, classes = [*digits.load().splits["train"]], digits.load().classes
    pictures = np.stack([np.asarray(decode(image.data, 1)) for image in images])
    return pictures, np.array([image.label for image in images]), classes


def draw(pictures: np.ndarray, labels: np.ndarray, classes: int, seed: int) -> Drawn:
    """Return groups in a random order, some of random labels."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    chance = rng.random(len(labels)) < RANDOM
    own = np.where(chance, rng.integers(0, classes, len(labels)), labels[order])
    copies = np.stack([[copy(p, rng) for _ in range(COPIES)] for p in pictures[order]])
    return Drawn(copies, own)


def copy(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a picture shifted, of another contrast and noisy."""
    most = int(len(picture) * SHIFT)
    top, left = rng.integers(0, 2 * most + 1, 2)
    height, width = picture.shape
    moved = np.pad(picture, most)[top : top + height, left : left + width]
    levels = moved * rng.uniform(1 - CONTRAST, 1) + rng.normal(0, NOISE, picture.shape)
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)


def published(given: Drawn) -> Iterator[Image]:
    """Yield the copies, each group in a folder."""
    for group, (pictures, label) in enumerate(zip(*given, strict=True)):
        for number, picture in enumerate(pictures):
            file = BytesIO()
            Picture.fromarray(picture).save(file, "PNG")
            yield Image(file.getvalue(), f"{group:05}/{number}.png", int(label))


def run(
    given: Drawn, unseen: Drawn, classes: tuple[str, ...], task: tuple[str, int, Path]
) -> Result:
    """Preprocess, train and score."""
    way, seed, root = task
    raw.write(Raw(classes, {"train": published(given)}, {}), root / "raw")
    side = given.pictures.shape[-1]
    changes = {"seed": seed, "groups": way, "image_size": (side, side), **WAYS[way]}
    params = Preprocess.model_validate(Preprocess.load().model_dump() | changes)
    with splits.writer((side, side, 1), root / "splits") as out:
        figures = preprocess(params, raw.read(root / "raw"), out).figures
    groups = figures.get("groups")
    test, new = trained(root / "splits", unseen, seed)
    return Result(groups["number"] if isinstance(groups, dict) else 0, test, new)


def trained(root: Path, unseen: Drawn, seed: int) -> tuple[float, float]:
    """Train; return the accuracy on test and on what was set aside."""
    params = Train.load().model_copy(update={"seed": seed, "device": "cpu"})
    device = runtime.start(params)
    data, val, test = (to_device(splits.read(name, root), device) for name in splits.NAMES)
    card = initial_card(params, splits.read_meta(root).interface)
    step = build_step(params, card, data)
    for _ in train(step, data, val, params):
        pass
    network = calibrate(step, card, val).classifier.whole().to(device)
    images = unseen.pictures.reshape(-1, *unseen.pictures.shape[2:], 1)
    new = to_device(Split(images, np.repeat(unseen.labels, COPIES)), device)
    return score(network, test, 256).accuracy, score(network, new, 256).accuracy


if __name__ == "__main__":
    main()
