"""The training loop: it yields epochs, and leaves recording and stopping to the caller."""

from collections.abc import Iterator
from math import ceil, isfinite
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float64, Int64, UInt8
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from stages.batches import Resident, batches
from stages.errors import UserError
from stages.params import Seed
from stages.progress import Progress
from stages.training import optimizer
from stages.training.optimizer import Optimizer


class Fit(Optimizer):
    """Parameters of the loop."""

    seed: Seed = Field(description="initial weights and the order of the images")
    epochs: PositiveInt = Field(description="passes over the training split")
    batch_size: PositiveInt = Field(description="images a step")


class Pass(NamedTuple):
    """What one pass over the training split came to, while the weights changed."""

    loss: float  # nats per image
    accuracy: float  # in [0, 1]
    lr: float  # learning rate of the last step


def fit(network: nn.Module, data: Resident, params: Fit, progress: Progress) -> Iterator[Pass]:
    """Update the network, which takes uint8 [B, H, W, C], in place; yield after each epoch.

    Raises:
        UserError: the loss is no longer a finite number.
    """
    count = len(data.labels)
    steps = params.epochs * ceil(count / params.batch_size)
    optimize, schedule = optimizer.build(network, params, steps)
    for epoch in range(params.epochs):
        network.train()
        order, lr = shuffled(count, params.seed, epoch), 0.0
        total = torch.zeros(2, dtype=torch.float64, device=data.labels.device)
        for images, labels in batches(data, order, params.batch_size):
            total += backward(network, images, labels)
            lr = float(schedule.get_last_lr()[0])
            optimize.step()
            optimize.zero_grad()
            schedule.step()
            progress.advance(len(labels))
        loss, accuracy = (total / count).tolist()
        if not isfinite(loss):
            raise UserError(f"the loss became {loss} in epoch {epoch + 1}; lower train.lr")
        yield Pass(loss, accuracy, lr)


def backward(
    network: nn.Module, images: UInt8[Tensor, "b h w c"], labels: Int64[Tensor, " b"]
) -> Float64[Tensor, "2"]:
    """Add the gradients of the mean loss; return the batch's summed loss and its right answers."""
    logits = network(images)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    right = (logits.argmax(1) == labels).sum()
    return torch.stack([loss.detach().double() * len(labels), right.double()])


def shuffled(count: int, seed: int, epoch: int) -> Int64[Tensor, " n"]:
    """Return a permutation that depends on (seed, epoch) alone, not on what was drawn before."""
    return torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(count))
