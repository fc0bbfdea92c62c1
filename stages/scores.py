"""Predict a split, and score the logits."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from stages.batches import Resident, batches
from stages.progress import Progress
from stages.world import World

NORMAL = 1.959963984540054  # quantile of the normal distribution at 97.5 %


@contextmanager
def watched(network: nn.Module, bar: Progress, processes: int = 1) -> Iterator[None]:
    """Count on a bar the images that go through the network in the block.

    Of several processes, each has about as many: the one that shows counts for all.
    """
    handle = network.register_forward_hook(lambda _, __, found: bar.advance(len(found) * processes))
    try:
        yield
    finally:
        handle.remove()


@torch.inference_mode()
def predict(
    network: nn.Module, data: Resident, batch_size: int, world: World | None = None
) -> Float[Tensor, "n k"]:
    """Return the logits of every image, on the CPU; the network takes uint8 [B, H, W, C].

    The processes of a world share the batches, and each gets all logits.
    """
    network.eval()
    world = world or World(data.labels.device)
    mine, counts = world.shares(len(data.labels), batch_size)
    first, count = mine[0].start if mine else 0, counts[world.rank]
    order = torch.arange(first, first + max(1, count))  # one where there is none, for the shape
    found = batches(data, order, batch_size)
    logits = torch.cat([network(batch.images) for batch in found]).cpu()
    return world.gather(logits[:count], counts)


def probabilities(logits: Float[Tensor, "n k"], temperature: float) -> Float64[Tensor, "n k"]:
    """Return softmax(logits / temperature).

    By PyTorch, whose kernels are chosen by `start`: NumPy's exp depends on the processor.
    """
    return (logits.double() / temperature).softmax(1)


class Scores(NamedTuple):
    """The scores of a network on one split."""

    loss: float  # mean cross-entropy, in nats per image
    accuracy: float  # share of images whose largest logit is the label's, in [0, 1]


def score(
    network: nn.Module, data: Resident, batch_size: int, world: World | None = None
) -> Scores:
    """Score the network, which takes uint8 [B, H, W, C], on all images."""
    logits, labels = predict(network, data, batch_size, world), data.labels.cpu()
    return Scores(cross_entropy(logits, labels), accuracy(logits, labels))


def cross_entropy(logits: Float[Tensor, "n k"], labels: Int64[Tensor, " n"]) -> float:
    """Return the mean cross-entropy, in nats per image."""
    return F.cross_entropy(logits.double(), labels).item()


def accuracy(logits: Float[Tensor, "n k"], labels: Int64[Tensor, " n"]) -> float:
    """Return the share of images whose largest logit is the label's, in [0, 1]."""
    return (logits.argmax(1) == labels).double().mean().item()


def interval(right: int, images: int) -> tuple[float, float]:
    """Return the 95 % interval of an accuracy, both in [0, 1] (Wilson 1927)."""
    share, rest = right / images, 1 - right / images
    scale = 2 * (images + NORMAL**2)
    middle = (2 * images * share + NORMAL**2) / scale
    width = NORMAL / scale * math.sqrt(4 * images * share * rest + NORMAL**2)
    return middle - width if right else 0.0, middle + width if right < images else 1.0
