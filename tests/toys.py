"""Small inputs that the unit tests share: dark and bright images, and a tiny network for them."""

import numpy as np
import torch

from stages.artifacts import classifier
from stages.artifacts.classifier import Card, Classifier
from stages.artifacts.splits import Split
from stages.nets.interface import Interface
from stages.nets.network import Network

INTERFACE = Interface(
    classes=("dark", "bright"), height=4, width=5, channels=1, mean=(0.5,), std=(0.25,)
)
CARD = Card(network=Network(width=2), interface=INTERFACE)


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
