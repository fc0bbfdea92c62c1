"""Add up the batches of a step over all processes, in the order of the tree.

Collectives only move bytes here; the additions are ours. Each process gets one chunk of the row of
every other one, adds it along the tree, and hands the sum to all. First within a machine, then
between machines: so a machine sends no more than one process would.
"""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor

from stages.training.transport import Transport, connect
from stages.training.tree import Node, Range, Tree, ranges
from stages.world import World

ALIGNED = 16  # floats, 64 bytes: where vector instructions like a tensor to begin


class Layout:
    """Where tensors lie in one row of floats."""

    def __init__(self, like: Sequence[Tensor], processes: int) -> None:
        """Take tensors, and by how many the row must be divisible."""
        self._shapes = [(one.shape, one.stride()) for one in like]
        self._places, end = list[int](), 0
        for one in like:
            self._places.append(end)
            end += ceil(one.numel() / ALIGNED) * ALIGNED
        self.width = ceil(end / (processes * ALIGNED)) * processes * ALIGNED  # floats

    def views(self, row: Tensor) -> list[Tensor]:
        """Return the parts of a row in the shapes and strides of the tensors."""
        start = row.storage_offset()
        parts = zip(self._places, self._shapes, strict=True)
        return [row.as_strided(*shape, start + place) for place, shape in parts]


class Level(NamedTuple):
    """Processes that exchange with each other, each for itself or for its machine."""

    transport: Transport
    spans: Sequence[tuple[int, int]]  # of the processes each speaks for: the first, and the end


class Exchange:
    """Sums over the batches of a step: equal in all processes, however many these are."""

    def __init__(self, world: World, accumulate: int) -> None:
        """Take the processes, and how many batches a whole step has."""
        self._world, self._accumulate = world, accumulate
        self._layouts = dict[tuple[int, ...], tuple[Layout, list[Level]]]()

    def total(self, tree: Tree, like: Sequence[Tensor], count: int) -> list[Tensor]:
        """Return the sums over the `count` batches of a step, in the shapes and strides of `like`.

        The tree has the batches of this process, if it computes any.
        """
        if self._world.size == 1:
            return tree.total()
        layout, levels = self._connected(like)
        for number, level in enumerate(levels):
            held = [list(ranges(*self.batches(span, count))) for span in level.spans]
            rows = level.transport.rows(max(1, *map(len, held)))  # 1: a machine without a batch
            for row, node in zip(rows, tree.nodes, strict=False):
                torch._foreach_copy_([row] if number else layout.views(row), node.tensors)
            tree = _sum(level.transport.scatter(), held)
        (row,) = tree.total()
        for level in reversed(levels):
            row = level.transport.gather(row)
        return layout.views(row)

    def batches(self, span: tuple[int, int], count: int) -> Range:
        """Return which of the `count` batches of a step some processes have: first, and end."""
        first, _ = self._world.bounds(span[0], self._accumulate)
        _, end = self._world.bounds(span[1] - 1, self._accumulate)
        return first, min(end, count)

    def _connected(self, like: Sequence[Tensor]) -> tuple[Layout, list[Level]]:
        """Return how these tensors are exchanged; the weights that learn change when some thaw."""
        key = tuple(one.numel() for one in like)
        if key not in self._layouts:
            layout = Layout(like, self._world.size)
            self._layouts[key] = layout, [*self._levels(layout.width)]
        return self._layouts[key]

    def _levels(self, width: int) -> Iterator[Level]:
        """Yield the levels for rows of a width: within the machine, then between machines."""
        for group in self._world.groups:
            most = max(map(self._most_nodes, group.spans))
            yield Level(connect(group, most, width, self._world.device), group.spans)
            width //= len(group.spans)

    def _most_nodes(self, span: tuple[int, int]) -> int:
        """Return how many nodes some processes have at most, in steps of any number of batches."""
        first, end = self.batches(span, self._accumulate)
        return max(len([*ranges(first, last)]) for last in range(first, end + 1))


def _sum(parts: Tensor, held: Sequence[Sequence[Range]]) -> Tree:
    """Return the tree of the nodes of all processes; each has the rows of one of them."""
    tree = Tree()
    for rows, nodes in zip(parts, held, strict=True):
        for row, (first, count) in zip(rows, nodes, strict=False):
            tree.add(Node(first, count, [row]))
    return tree
