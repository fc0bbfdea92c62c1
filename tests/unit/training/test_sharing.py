"""Trainings that several processes share: the same bits as in one."""

from typing import Any

import pytest
import torch
from learning import DATA, HELD_OUT, begun, same, settings, stored
from together import together
from torch import nn

from stages.errors import UserError
from stages.scores import predict
from stages.train import train
from stages.training import replicas
from stages.training.accumulation import Buffers
from stages.world import World

RUNS: dict[str, dict[str, Any]] = {
    "sgd": {
        "network": "mlp", "hidden": (8,), "dropout": 0.4, "nesterov": True, "clip_norm": 0.5,
        "batch_size": 3, "accumulate": 4,
    },
    "muon": {
        "network": "resnet_small", "filters": (8, 8), "optimizer": "muon", "precision": "bf16",
        "ema": 0.9, "mixup": 0.4, "cutmix": 0.4, "flip": "random", "crop_padding": 1,
        "batch_size": 2, "accumulate": 8, "freeze": 1, "layer_decay": 0.7,
    },
    "fp16": {
        "optimizer": "rmsprop", "lr": 0.001, "precision": "fp16", "channels_last": False,
        "sampling": "balanced", "class_weights": "balanced", "batch_size": 2, "accumulate": 5,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize(("processes", "machines"), [(2, 1), (3, 1), (4, 2)])
def test_processes_learn_what_one_does(name: str, processes: int, machines: int) -> None:
    params = settings(**RUNS[name], epochs=2)

    def learned(world: World) -> Any:  # noqa: ANN401
        step = begun(params)
        step.join(world)
        for _ in train(step, DATA, HELD_OUT, params):
            pass
        return stored({"state": step.learner.state_dict(), "best": step.learner.best})

    (expected,) = together(1, learned)
    assert len(expected["state"]["history"]) == 2
    for found in together(processes, learned, machines):
        assert same(found, expected)


def test_predictions_are_those_of_one_process() -> None:
    def logits(world: World) -> torch.Tensor:
        step = begun(settings(network="mlp"))
        return predict(step.whole, HELD_OUT, 4, world)  # 3 batches; of 4 processes, one has none

    (expected,) = together(1, logits)
    for count in (2, 4):
        assert all(torch.equal(found, expected) for found in together(count, logits))


def test_weights_that_differ_are_told() -> None:
    def compared(world: World) -> None:
        step = begun(settings(network="mlp"))
        if world.rank == 2:
            next(step.whole.parameters()).data.view(-1)[3] += 1e-6
        replicas.require_equal(step.learner, world)

    for error in together(3, compared):
        assert isinstance(error, UserError)
        assert str(error).startswith("process 2 on ")
        assert "computes wrongly" in str(error)


def test_digests_that_differ_are_told() -> None:
    def compared(world: World) -> Any:  # noqa: ANN401
        data = {0: "aa", 1: "", 2: "bb"}[world.rank]  # 1 has not read the data
        digests = {"code": "same", "data/splits": data}
        return world.require_same(digests, {"data/splits": "pull", "code": "check out"})

    for error in together(3, compared):
        assert isinstance(error, UserError)
        assert str(error).startswith("processes differ in data/splits (")
        assert str(error).endswith("); pull")
    (first, second) = together(2, compared)
    assert first == second == {"code": "same", "data/splits": "aa"}


def test_moves_of_buffers_are_averaged() -> None:
    """By hand: from where they were, by the mean move of the batches, weighted by images."""
    network = nn.BatchNorm1d(1, momentum=0.5)
    network.register_buffer("mask", torch.tensor([float("-inf"), 0.0]))  # which nothing moves
    buffers = Buffers(network)
    buffers.remember()
    moves = []
    for images, share in (
        (torch.tensor([[1.0], [3.0]]), 0.75),
        (torch.tensor([[10.0], [10.0]]), 0.25),
    ):
        buffers.put_back()
        network(images)
        moves.append(buffers.moves(share))
    buffers.move([one + other for one, other in zip(*moves, strict=True)])
    assert network.running_mean is not None
    assert network.running_mean.item() == 0.5 * (0.75 * 2 + 0.25 * 10)
    assert network.get_buffer("mask").tolist() == [float("-inf"), 0.0]
    assert network.num_batches_tracked is not None
    assert network.num_batches_tracked.item() == 1
