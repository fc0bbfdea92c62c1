from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from together import together
from torch import Tensor

from stages.training import transport
from stages.training.exchange import ALIGNED, Exchange, Layout
from stages.training.tree import Node, Tree
from stages.world import World

SHAPES = [(3, 5), (), (2, 3, 2, 2), (17,)]


def tensors(number: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(number)
    made = [torch.randn(shape, generator=generator) for shape in SHAPES]
    made[2] = made[2].contiguous(memory_format=torch.channels_last)
    return made


def summed(world: World, accumulate: int, count: int) -> list[Tensor]:
    """Return the sums over some batches, of which each process adds its own."""
    exchange, tree = Exchange(world, accumulate), Tree()
    for number in [*range(count)][world.own(accumulate)]:
        tree.add(Node(number, 1, tensors(number)))
    for _ in range(2):  # buffers are used again
        found = exchange.total(_copied(tree), tensors(0), count)
    return [one.clone() for one in found]


def _copied(tree: Tree) -> Tree:
    copy = Tree()
    copy.nodes = [Node(*node[:2], [one.clone() for one in node.tensors]) for node in tree.nodes]
    return copy


@pytest.mark.parametrize(
    ("processes", "machines"), [(2, 1), (3, 1), (4, 1), (2, 2), (4, 2), (6, 3)]
)
@pytest.mark.parametrize("memory", [transport.SHARED, Path("/nowhere")])
def test_sums_are_those_of_one_process(
    processes: int, machines: int, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SHARED", memory)
    steps = [(8, 8), (8, 5), (7, 7), (6, 1), (13, 12)]

    def work(world: World) -> list[list[Tensor]]:
        return [summed(world, *step) for step in steps]

    (expected,) = together(1, work)
    for found in together(processes, work, machines):
        for mine, right in zip(found, expected, strict=True):
            assert all(map(torch.equal, mine, right))
            assert [one.stride() for one in mine] == [one.stride() for one in right]


def test_shared_memory_leaves_nothing_behind() -> None:
    before = {*transport.SHARED.iterdir()}
    together(2, lambda world: summed(world, 4, 4))
    assert {*transport.SHARED.iterdir()} <= before


def test_torchs_own_sum_depends_on_the_number_of_processes() -> None:
    """The counter-proof: what would come out without the tree."""

    def work(world: World) -> Tensor:
        mine = [tensors(number)[3] for number in range(6)][world.own(6)]
        total = sum(mine[1:], mine[0])
        assert isinstance(total, Tensor)
        if world.size > 1:
            dist.all_reduce(total)
        return total

    (alone,), (three, *_) = together(1, work), together(3, work)
    assert not torch.equal(alone, three)
    assert torch.allclose(alone, three, rtol=1e-4, atol=1e-5)


def test_a_row_is_aligned_and_divides() -> None:
    layout = Layout(tensors(0), 3)
    assert layout.width % (3 * ALIGNED) == 0
    views = layout.views(torch.arange(float(layout.width)))
    assert all(
        view.data_ptr() % (4 * ALIGNED) == views[0].data_ptr() % (4 * ALIGNED) for view in views
    )
    numbers = torch.cat([view.flatten() for view in views])
    assert len(numbers.unique()) == len(numbers) == sum(one.numel() for one in tensors(0))
