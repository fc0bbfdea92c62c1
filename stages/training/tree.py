"""Add what the batches of a step give in the order of one binary tree, whoever computed them.

The sum of floats depends on the order of the additions. Here it depends on the number of batches
alone: neighbours are added, then neighbours of these sums, and so on; what is left over at the end
joins from the right.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

Range: TypeAlias = tuple[int, int]  # the first of neighbouring batches, and how many they are


class Node(NamedTuple):
    """The sum over neighbours among the batches of a step."""

    first: int  # number of the first batch, from 0
    batches: int  # a power of two, but for the root
    tensors: list[Tensor]

    def is_left_of(self, other: "Node") -> bool:
        """Tell whether both are the halves of the same node of the tree."""
        return self.batches == other.batches and self.first % (2 * self.batches) == 0

    def plus(self, right: "Node") -> "Node":
        """Add the neighbour on the right, in place."""
        torch._foreach_add_(self.tensors, right.tensors)
        return Node(self.first, self.batches + right.batches, self.tensors)


class Tree:
    """The sum of nodes that come from left to right; log2 of them at most are kept."""

    def __init__(self) -> None:
        """Start with no batch."""
        self.nodes = list[Node]()

    def add(self, node: Node) -> None:
        """Add the next batch, or the sum of the next batches; its tensors may be overwritten."""
        self.nodes.append(node)
        while len(self.nodes) > 1 and self.nodes[-2].is_left_of(self.nodes[-1]):
            self._join()

    def total(self) -> list[Tensor]:
        """Return the sum of all; call it once."""
        while len(self.nodes) > 1:
            self._join()
        return self.nodes.pop().tensors

    def _join(self) -> None:
        right = self.nodes.pop()
        self.nodes[-1] = self.nodes[-1].plus(right)


def ranges(first: int, end: int) -> Iterator[Range]:
    """Yield the nodes that a tree holds after the batches from `first` to before `end`."""
    while first < end:
        count = 1 << (end - first).bit_length() - 1  # the largest power of two that fits
        if first:
            count = min(count, first & -first)  # and that divides `first`
        yield first, count
        first += count
