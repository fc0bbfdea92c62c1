from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from stages.training.tree import Node, Tree, ranges


def leaves(count: int) -> list[Tensor]:
    """Return numbers whose sum depends on the order."""
    generator = torch.Generator().manual_seed(count)
    return [torch.randn(50, generator=generator) for _ in range(count)]


def expected(parts: list[Tensor]) -> Tensor:
    """Add the halves of a complete tree first; what is left over joins from the right."""
    blocks, start = list[Tensor](), 0
    for power in reversed(range(len(parts).bit_length())):
        if len(parts) & 1 << power:
            block = parts[start : start + (1 << power)]
            while len(block) > 1:
                block = [one + other for one, other in zip(block[::2], block[1::2], strict=True)]
            blocks += block
            start += 1 << power
    total = blocks.pop()
    while blocks:
        total = blocks.pop() + total
    return total


def filled(parts: list[Tensor], first: int = 0) -> Tree:
    tree = Tree()
    for number, part in enumerate(parts, first):
        tree.add(Node(number, 1, [part.clone()]))
    return tree


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 13, 64])
def test_neighbours_are_added_first(count: int) -> None:
    (total,) = filled(leaves(count)).total()
    assert torch.equal(total, expected(leaves(count)))


def test_one_batch_is_left_as_it_is() -> None:
    part = torch.tensor([-0.0, 1.0])
    tree = Tree()
    tree.add(Node(0, 1, [part]))
    (total,) = tree.total()
    assert total is part


@given(st.integers(1, 40), st.lists(st.integers(0, 40), max_size=6))
def test_the_sum_is_the_same_whoever_adds_what(count: int, cuts: list[int]) -> None:
    borders = sorted({0, count, *(cut for cut in cuts if cut < count)})
    joined = Tree()
    for first, end in pairwise(borders):
        part = filled(leaves(count)[first:end], first)
        assert [(node.first, node.batches) for node in part.nodes] == [*ranges(first, end)]
        for node in part.nodes:
            joined.add(node)
    (total,) = joined.total()
    assert torch.equal(total, expected(leaves(count)))


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_few_sums_are_in_memory(first: int, count: int) -> None:
    found = [*ranges(first, first + count)]
    assert len(found) <= 2 * max(1, count.bit_length())
    assert sum(batches for _, batches in found) == count
    assert all(start % batches == 0 for start, batches in found)


def test_the_order_matters() -> None:
    parts = leaves(7)
    one_by_one = sum(parts[1:], parts[0])
    assert not torch.equal(one_by_one, expected(parts))
