"""What several processes cost and bring: exchange against all_reduce, training by 1 and by all.

    python -m benchmarks.processes 2 [RECIPE SPLITS]

An exchange adds gradients in the order of the tree, through memory that the processes share, or by
collectives; all_reduce, torch's own sum, depends on the number of processes. All take turns in one
run, and the median counts. With a recipe and the folder of its splits, steps of one process are
compared with those of all of them, each with `threads` 1, and train.accumulate their number.
"""

import os
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import torch
import torch.distributed as dist

from stages import processor, world
from stages.artifacts import splits
from stages.batches import to_device
from stages.runtime import start
from stages.train import Train
from stages.training import transport
from stages.training.exchange import Exchange
from stages.training.loop import train_epoch
from stages.training.setup import build_step, initial_card
from stages.training.tree import Node, Tree
from stages.world import World
from tools import recipe

SIZES = (100_000, 3_200_000, 11_200_000)  # floats
ROUNDS = 15
SECONDS = 3.0  # of training, a turn
PORT = "29431"


def main() -> None:
    """Start the processes; the first prints."""
    count, rest = int(sys.argv[1]), sys.argv[2:]
    print(
        f"{processor.model()}, {os.cpu_count()} cores, {count} processes, torch {torch.__version__}"
    )
    children = [
        get_context("spawn").Process(target=member, args=(rank, count, rest))
        for rank in range(count)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()


def member(rank: int, count: int, rest: list[str]) -> None:
    """Measure, as one of the processes."""
    places = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "GROUP_RANK": 0}
    os.environ |= {name: str(value) for name, value in places.items()}
    os.environ |= {"MASTER_ADDR": "localhost", "MASTER_PORT": PORT}
    torch.set_num_threads(1)
    here = world.join(torch.device("cpu"))
    for size in SIZES:
        exchanges(here, size)
    if rest:
        trainings(here, rest[0], Path(rest[1]))
    here.leave()


def exchanges(here: World, size: int) -> None:
    """Compare the ways of adding rows of some size."""
    row = torch.randn(size)
    kept, shared = transport.SHARED, Exchange(here, here.size)
    summed(shared, row, here)
    transport.SHARED = Path("/nowhere")
    collective = Exchange(here, here.size)
    summed(collective, row, here)
    transport.SHARED = kept
    ways: dict[str, Callable[[], object]] = {
        "all_reduce": lambda: dist.all_reduce(row.clone()),
        "collectives": lambda: summed(collective, row, here),
        "shared memory": lambda: summed(shared, row, here),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, work in ways.items():
            dist.barrier()
            begun = time.perf_counter()
            work()
            times[way].append(time.perf_counter() - begun)
    if here.writes:
        base = median(times["all_reduce"])
        for way, values in times.items():
            spread = f"{min(values) * 1e3:.1f} to {max(values) * 1e3:.1f}"
            found = median(values)
            print(
                f"{size:>11,} floats {way:<14}{found * 1e3:8.1f} ms ({spread}) {found / base:5.2f}x"
            )


def summed(exchange: Exchange, row: torch.Tensor, here: World) -> None:
    """Add the rows of all processes."""
    tree = Tree()
    tree.add(Node(here.rank, 1, [row.clone()]))
    exchange.total(tree, [row], here.size)


def trainings(here: World, name: str, root: Path) -> None:
    """Compare images a second of one process with those of all."""
    changes = {"threads": 1, "accumulate": here.size, "board": False}
    params = recipe.section(name, Train).model_copy(update=changes)
    start(params)
    torch.set_num_threads(1)
    data = to_device(splits.read("train", root), here.device)
    card = initial_card(params, splits.read_meta(root).interface)
    step, rates = build_step(params, card, data), dict[str, list[float]]({"1": [], "all": []})
    for _ in range(5):
        for way, those in (("1", World(here.device)), ("all", here)):
            step.join(those)
            dist.barrier()
            if way == "all" or here.rank == 0:
                done, begun = 0, time.perf_counter()
                for update in train_epoch(step, data, params):
                    done += update.images
                    # All processes stop at the same step.
                    if those.gather_objects(time.perf_counter() > begun + SECONDS)[0]:
                        break
                rates[way].append(done / (time.perf_counter() - begun))
                step.learner.tally = type(step.learner.tally)()
            dist.barrier()
    if here.writes:
        for way, values in rates.items():
            spread = f"{min(values):,.0f} to {max(values):,.0f}"
            ratio = median(values) / median(rates["1"])
            print(f"{name}, by {way:<5}{median(values):>8,.0f} images/s ({spread}) {ratio:.2f}x")


if __name__ == "__main__":
    main()
