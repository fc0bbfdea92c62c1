"""Small inputs that the unit tests share: dark and bright images, and a tiny network for them."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image as Picture

from stages.artifacts import classifier, raw, splits
from stages.artifacts.classifier import Card, Classifier
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
NETWORK = Network(
    network="cnn",
    hidden=(),
    filters=(2, 4, 8),
    kernel=3,
    activation="relu",
    norm="batch",
    readout="mean",
    dropout=0.0,
    architecture="resnet18",
    stem="auto",
)
CARD = Card(network=NETWORK, interface=INTERFACE, temperature=1.0, training={"lr": 0.01})
RUNTIME = {"device": "cpu", "threads": 1, "deterministic": True, "tf32": False}
# The section of a training that is short and plain; tests write only what differs.
TRAIN: dict[str, object] = {
    **NETWORK.model_dump(),
    **RUNTIME,
    "seed": 0, "epochs": 3, "batch_size": 8, "accumulate": 1, "sampling": "shuffle",
    "limit_batches": None, "overfit_batches": None, "weights": "none", "weights_sha256": None,
    "freeze": "none", "loss": "cross_entropy", "label_smoothing": 0.0, "focal_gamma": 2.0,
    "class_weights": "none", "optimizer": "sgd", "lr": 0.05, "head_lr": None, "momentum": 0.9,
    "nesterov": False, "weight_decay": 0.01, "decay_norms": True, "muon_rest": "sgd",
    "rest_lr": 0.05, "rest_momentum": 0.9, "muon_normalize": False, "fused": True,
    "clip_norm": None, "ema": None, "schedule": "constant", "warmup_epochs": 0.0,
    "step_epochs": 1, "milestones": (), "gamma": 0.5, "plateau_patience": 0,
    "best": "accuracy", "patience": None, "flip": "none", "crop_padding": 0,
    "resized_crop": 1.0, "rotation": 0.0, "brightness": 0.0, "contrast": 0.0,
    "saturation": 0.0, "hue": 0.0, "policy": "none", "policy_ops": 2, "policy_magnitude": 9,
    "erasing": 0.0, "mixup": 0.0, "cutmix": 0.0, "precision": "fp32", "channels_last": True,
    "compile": False, "resume": True, "save_steps": None, "board": False,
}  # fmt: skip


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
