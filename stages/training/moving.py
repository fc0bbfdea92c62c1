"""Buffers that a forward pass moves, such as the running statistics of batch norm.

Each batch of a step moves them from where they were at its beginning; after it they stand where the
mean of these moves leads, weighted by images. For batch norm that is the move by the mean of the
statistics.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Buffers:
    """The buffers of a network while it computes the batches of a step."""

    def __init__(self, network: nn.Module) -> None:
        """Take a network whose layers change their buffers in place, as those of torch do."""
        buffers = list(network.buffers())
        self.moving = [held for held in buffers if held.is_floating_point()]
        self.counts = [held for held in buffers if not held.is_floating_point()]  # of batches
        self._before = list[Tensor]()

    def remember(self) -> None:
        """Remember where the buffers are before the first batch of a step."""
        self._before = [held.clone() for held in (*self.moving, *self.counts)]

    def put_back(self) -> None:
        """Put the buffers back there before another batch."""
        for held, before in zip((*self.moving, *self.counts), self._before, strict=True):
            held.copy_(before)

    def moves(self, share: float) -> list[Tensor]:
        """Return how far a batch has moved them, times its share of the images of the step."""
        pairs = zip(self.moving, self._before, strict=False)
        # 0 where nothing moved: the difference of two infinities is no number.
        return [
            (held - before).mul_(share).masked_fill_(held == before, 0) for held, before in pairs
        ]

    def move(self, moves: Sequence[Tensor]) -> None:
        """Move them from where they were by the sum over the batches."""
        for held, before, by in zip(self.moving, self._before, moves, strict=False):
            torch.add(before, by, out=held)
