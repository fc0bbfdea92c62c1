"""Small inputs that the unit tests share: dark and bright images, and a tiny network for them."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Picture
from ruamel.yaml import YAML

from stages.artifacts import classifier, download_metrics, preprocess_metrics, raw, splits
from stages.artifacts.classifier import Card, Classifier
from stages.artifacts.download_metrics import Arrived
from stages.artifacts.raw import Image, Published, Raw
from stages.artifacts.splits import Split, Writer
from stages.nets.interface import Interface
from stages.nets.network import Network

INTERFACE = Interface(
    classes=("dark", "bright"),
    height=4,
    width=5,
    channels=1,
    resize="crop",
    interpolation="bilinear",
    mean=(0.5,),
    std=(0.25,),
)
SHIPPED = YAML(typ="safe").load(Path(__file__).parents[1] / "params.yaml")


def section(name: str, **changes: object) -> dict[str, object]:
    """Return a section of the params.yaml that ships, with changes."""
    values = {key: tuple(of) if isinstance(of, list) else of for key, of in SHIPPED[name].items()}
    assert not changes.keys() - values.keys()
    return values | changes


RUNTIME: dict[str, Any] = {
    "device": "cpu",
    "kernels": "portable",
    "threads": 1,
    "deterministic": True,
    "tf32": False,
}
# A training that is short and plain; tests write only what differs.
TRAIN = section(
    "train",
    **RUNTIME,
    filters=(2, 4, 8),
    epochs=3,
    batch_size=8,
    optimizer="sgd",
    lr=0.05,
    muon_rest="sgd",
    rest_lr=0.05,
    schedule="constant",
    step_epochs=1,
    gamma=0.5,
    plateau_patience=0,
    board=False,
)
NETWORK = Network.model_validate({name: TRAIN[name] for name in Network.model_fields})
CARD = Card(network=NETWORK, interface=INTERFACE, temperature=1.0, training={"lr": 0.01})


def split(count: int, seed: int = 0) -> Split:
    """Return images that any classifier can learn: class 0 is dark, class 1 is bright."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    noise = rng.integers(0, 100, (count, 4, 5, 1))
    return Split((noise + 150 * labels[:, None, None, None]).astype(np.uint8), labels)


def untrained(seed: int = 0) -> Classifier:
    """Return a classifier with the initial weights of a seed."""
    torch.manual_seed(seed)
    made = classifier.build(CARD)
    made.network.eval()
    return made


def append(out: Writer, name: str, part: Split) -> None:
    """Add images to a split, with paths."""
    start = out.count(name)
    out.append(name, part, [f"{name}/{start + index}.png" for index in range(len(part.labels))])


def store(parts: Mapping[str, Split], root: Path = splits.PATH) -> None:
    """Write splits as preprocess does."""
    with splits.writer((4, 5, 1), root) as out:
        for name, part in parts.items():
            append(out, name, part)
        out.finish(INTERFACE, {})


def store_figures(dataset: str = "") -> None:
    """Write the figures of images of which nothing is to be said, as download and preprocess do."""
    download_metrics.write({"train": 1}, Arrived(dataset, {}))
    counts = dict.fromkeys(("excluded", "repeated", "contradictory", *preprocess_metrics.ODD), 0)
    sizes = {"different": 1, "commonest": (4, 5), "height": (4, 4), "width": (5, 5)}
    preprocess_metrics.write({"counts": [counts], "sizes": [sizes], "shared": []})


def encoded(picture: Picture.Image | np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """Return a picture, or pixels [H, W] or [H, W, C], as the bytes of a file."""
    made = picture if isinstance(picture, Picture.Image) else Picture.fromarray(picture)
    file = BytesIO()
    made.save(file, kind, **options)
    return file.getvalue()


def pixels(seed: int, height: int = 6, width: int = 7, channels: int = 3) -> np.ndarray:
    """Return random pixels [H, W, C], or [H, W] for 1 channel."""
    shape = (height, width, channels)[: 2 + (channels > 1)]
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def publish(
    root: Path, images: Mapping[str, Sequence[Image]], classes: Sequence[str] = ("even", "odd")
) -> Published:
    """Write images as download does, and read them as preprocess does."""
    raw.write(Raw(tuple(classes), images, {}), root)
    return raw.read(root)
