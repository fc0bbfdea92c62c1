"""Accumulate the gradient of a step over its batches, of which other processes may have some.

Each batch goes through the network by itself, from where the buffers were before the step.
Gradients, moves of buffers, loss and hits are added in the order of one tree over all batches.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from stages import runtime
from stages.training.exchange import Exchange
from stages.training.losses import Targets
from stages.training.state import Outcome
from stages.training.tree import Node, Tree
from stages.world import World

Images: TypeAlias = (
    UInt8[Tensor, "b h w c"]  # pixels
    | Float[Tensor, "b h w c"]  # in [0, 255], after MixUp
    | Float[Tensor, "b ..."]  # features of them, where those are kept
)
Backward: TypeAlias = Callable[[Images, Targets, float], Outcome]


class Work(NamedTuple):
    """The batches of a step that this process computes."""

    batches: Iterable[tuple[Images, Targets]]
    first: int  # number of the first of them among the batches of the step, from 0
    step_batches: int  # in the whole step, those of other processes included
    step_images: int  # in all of these
    seed: int  # for torch, of the first batch of the step; each later batch has the next number


class Accumulation:
    """The sums over the batches of the steps of a network."""

    def __init__(self, whole: nn.Module, world: World, accumulate: int) -> None:
        """Take the processes that share the batches, of which a whole step has `accumulate`."""
        self._weights, self._buffers = list(whole.parameters()), Buffers(whole)
        self._world, self._accumulate = world, accumulate
        self._exchange = Exchange(world, accumulate)

    def gradient(self, work: Work, backward: Backward) -> Outcome:
        """Leave the gradient of the mean loss over all images of a step in the weights.

        `backward` accumulates a share of the gradient of one batch.
        """
        tree, learned = Tree(), self._learned()
        self._buffers.remember()
        for number, (images, targets) in enumerate(work.batches, work.first):
            if number > work.first:
                self._buffers.put_back()
            runtime.seed(self._world.device, work.seed + number)
            share = len(images) / work.step_images
            loss, right, _ = backward(images, targets, share)
            sums = torch.stack([loss * share, right.sum().float()])
            moves = self._buffers.moves(share)
            tree.add(Node(number, 1, [*map(_take_gradient, learned), *moves, sums]))
        *summed, (loss, right) = self._exchange.total(tree, self._summed(), work.step_batches)
        for weight, gradient in zip(learned, summed, strict=False):
            weight.grad = gradient
        self._buffers.move(summed[len(learned) :])
        if work.step_batches < self._accumulate:  # perhaps not all processes had a batch
            self._world.broadcast(self._buffers.counts)
        return Outcome(loss.clone(), right.long(), work.step_images)

    def try_batch(self, compute: Callable[[], object]) -> None:
        """Compute a batch, and leave weights and buffers as they were: to measure its time."""
        self._buffers.remember()
        compute()
        self._buffers.put_back()
        for weight in self._weights:
            weight.grad = None

    def try_exchange(self) -> None:
        """Exchange as much as in a step, to measure its time."""
        total = self._exchange.total(Tree(), self._summed(), self._accumulate)
        total[-1].sum().item()

    def _learned(self) -> list[nn.Parameter]:
        """Return the weights that are not frozen."""
        return [weight for weight in self._weights if weight.requires_grad]

    def _summed(self) -> list[Tensor]:
        """Return tensors like those that are summed over the batches of a step."""
        sums = torch.empty(2, device=self._world.device)  # loss and hits
        return [*self._learned(), *self._buffers.moving, sums]


class Buffers:
    """The buffers of a network, such as batch norm's statistics, while it computes a step.

    After the step they are where the mean of the batches' moves leads, weighted by images: for
    batch norm, the move by the mean of the statistics.
    """

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


def _take_gradient(weight: nn.Parameter) -> Tensor:
    """Take the gradient away from a weight; return 0 where the batch has none for it."""
    gradient, weight.grad = weight.grad, None
    return torch.zeros_like(weight) if gradient is None else gradient
