"""Processes that compute together, for tests: forked, so that none imports torch again."""

import os
import pickle
import socket
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import torch

from stages import world
from stages.world import World

CPU = torch.device("cpu")


def together(count: int, work: Callable[[World], Any], machines: int = 1) -> list[Any]:
    """Return what `work` returns, or raises, in each of so many processes, in their order."""
    if count == 1:
        return [work(World(CPU))]
    port, context = free_port(), get_context("fork")
    children = []
    for rank in range(count):
        here, there = context.Pipe()
        child = context.Process(
            target=_run, args=(_place(rank, count, machines, port), work, there)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads
            child.start()
        children.append((child, here))
    results = []
    for child, here in children:
        assert here.poll(60), "a process waits for ever"
        results.append(pickle.loads(here.recv_bytes()))  # noqa: S301 - our own
        child.join()
    return results


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return int(found.getsockname()[1])


def _place(rank: int, count: int, machines: int, port: int) -> dict[str, str]:
    each = count // machines
    return {
        "RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_RANK": str(rank % each),
        "GROUP_RANK": str(rank // each),
        "MASTER_ADDR": "localhost",
        "MASTER_PORT": str(port),
    }


def _run(place: dict[str, str], work: Callable[[World], Any], result: Connection) -> None:
    os.environ.pop("DVC_STAGE", None)
    os.environ.update(place)
    try:
        joined = world.join(CPU)
        found = work(joined)
        joined.leave()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        found = error
    # Not `send`: torch would share the memory of tensors, which ends with this process.
    result.send_bytes(pickle.dumps(found))
