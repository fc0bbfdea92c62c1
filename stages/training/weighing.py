"""Estimate the memory of a network before it is built."""

import os

import torch

from stages.artifacts import classifier
from stages.artifacts.classifier import Card
from stages.errors import UserError

# Those whose size is a matter of parameters; the others have the size that was published.
FREE = {"mlp", "cnn", "resnet_small", "speednet"}
COPIES = 2  # of the weights, at the least: their gradients are as large
BYTES = 4  # a weight


def require(card: Card) -> None:
    """Refuse a network that this machine cannot hold: the system may kill who asks for too much.

    Raises:
        UserError: its weights and their gradients take more than all memory.
    """
    if card.network.network not in FREE:
        return
    with torch.device("meta"), torch.random.fork_rng([]):  # shapes alone, and no random number
        network = classifier.build(card).network
    weights = sum(weight.numel() for weight in network.state_dict().values())
    needed, here = COPIES * BYTES * weights, memory()
    if needed > here:
        raise UserError(
            f"train.filters, train.hidden and preprocess.image_size make a network of {weights:,} "
            f"weights, which with their gradients take {needed / 1e9:,.0f} GB; this machine has "
            f"{here / 1e9:,.0f} GB; make them smaller"
        )


def memory() -> int:
    """Return the bytes of main memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
