"""Layer-wise decay against timm's own, and against layers counted by hand."""

from copy import deepcopy
from typing import Any

import pytest
import timm
import torch
from learning import begun, same, settings, stored, updates
from pydantic import ValidationError
from timm.optim._param_groups import param_groups_layer_decay
from torch import nn
from toys import INTERFACE, NETWORK

from stages.nets import network
from stages.training import layer_decay, optimizer
from stages.training.layer_decay import LayerDecay, layer_ids
from stages.training.muon import Muon
from stages.training.optimizer import Optimizer

INTERFACE_RGB = INTERFACE.model_copy(
    update={"height": 32, "width": 32, "channels": 3, "mean": (0.5,) * 3, "std": (0.5,) * 3}
)


def built(**changes: object) -> nn.Module:
    torch.manual_seed(0)
    return network.build(NETWORK.model_copy(update={"filters": (4, 8), **changes}), INTERFACE_RGB)


def params(**changes: object) -> Optimizer:
    train = settings(**{"optimizer": "adamw", "lr": 0.5, "layer_decay": 0.75, **changes})
    return train.part(Optimizer)


def groups(made: nn.Module, params: Optimizer) -> dict[str, dict[str, Any]]:
    """Return the group of every weight, by the weight's name, with its optimizer."""
    names = {weight: name for name, weight in made.named_parameters()}
    return {
        names[weight]: {**group, "is_muon": isinstance(one, Muon)}
        for one in optimizer.build(made, params)
        for group in one.param_groups
        for weight in group["params"]
    }


def ids(made: nn.Module) -> dict[str, int]:
    numbers = layer_ids(made)
    return {name: numbers[weight] for name, weight in made.named_parameters()}


def layers(made: nn.Module) -> list[list[str]]:
    """Return the names of the weights of each layer."""
    numbers = ids(made)
    return [
        [name for name, number in numbers.items() if number == layer]
        for layer in range(1 + max(numbers.values()))
    ]


@pytest.mark.parametrize(
    "architecture",
    [
        "resnet10t", "vit_tiny_patch16_224", "convnext_atto", "mobilenetv3_small_050",
        "swin_tiny_patch4_window7_224", "deit_tiny_distilled_patch16_224", "densenet121", "vgg11",
    ],
)  # fmt: skip
@pytest.mark.parametrize("decay", [0.75, 0.3])
def test_a_network_of_timm_has_timms_rates(architecture: str, decay: float) -> None:
    made = timm.create_model(architecture, num_classes=3)
    names = {weight: name for name, weight in made.named_parameters()}
    expected = {
        names[weight]: (0.5 * group["lr_scale"], group["weight_decay"])
        for group in param_groups_layer_decay(made, 0.01, layer_decay=decay)
        for weight in group["params"]
    }
    found = groups(made, params(layer_decay=decay, weight_decay=0.01, decay_norms=False))
    assert found.keys() == expected.keys() == dict(made.named_parameters()).keys()
    for name, (rate, weight_decay) in expected.items():
        group = found[name]
        assert group["lr"] == group["initial_lr"] == pytest.approx(rate, rel=1e-12)
        assert group["weight_decay"] == weight_decay


def test_the_layers_of_torchvisions_resnet() -> None:
    found = ids(built(network="torchvision", architecture="resnet18"))
    for name, number in found.items():
        first, second, *_ = name.split(".")
        if first in {"conv1", "bn1"}:
            assert number == 0
        elif first == "fc":
            assert number == 9
        else:  # layer1.0 is 1, layer1.1 is 2, layer2.0 is 3
            assert number == 2 * int(first.removeprefix("layer")) - 1 + int(second)
    same_in_timm = layer_ids(timm.create_model("resnet18", num_classes=2))
    assert [*found.values()] == [*same_in_timm.values()]


def test_the_layers_of_torchvisions_vit() -> None:
    found = ids(built(network="torchvision", architecture="vit_b_16"))
    first = {"class_token", "conv_proj.weight", "conv_proj.bias", "encoder.pos_embedding"}
    for name, number in found.items():
        match name.split("."):
            case "encoder", "layers", layer, *_:
                assert number == 1 + int(layer.removeprefix("encoder_layer_"))
            case "encoder", "ln", _:
                assert number == 12
            case "heads", *_:
                assert number == 13
            case _:
                assert number == 0
                first.remove(name)
    assert not first


def test_blocks_of_branches_are_one_layer() -> None:
    assert len(layers(built(network="torchvision", architecture="googlenet"))) == 3 + 9 + 1


def test_the_layers_of_the_projects_networks() -> None:
    norms = [f"body.{number}.{kind}" for number in (1, 5) for kind in ("weight", "bias")]
    head = ["head.weight", "head.bias"]
    assert layers(built(network="cnn", norm="batch", hidden=(5,))) == [
        ["body.0.weight", *norms[:2]],
        ["body.4.weight", *norms[2:]],
        ["neck.1.weight", "neck.1.bias"],
        head,
    ]
    assert layers(built(network="mlp", hidden=())) == [head]
    assert [len(layer) for layer in layers(built(network="resnet_small"))] == [3, 6, 9, 2]
    assert [len(layer) for layer in layers(built(network="lenet"))] == [2] * 5
    assert [len(layer) for layer in layers(built(network="custom"))] == [2, 2, 2]
    assert len(layers(built(network="speednet"))) == 1 + 3 + 1  # the whitening has only a bias


def test_rates_fall_towards_the_images() -> None:
    made = built(network="cnn", norm="batch", hidden=())
    found = groups(made, params(layer_decay=0.1))
    expected = {"body.0": 0.5 * 0.1**2, "body.1": 0.5 * 0.1**2, "body.4": 0.5 * 0.1, "head": 0.5}
    for name, group in found.items():
        layer = name.rpartition(".")[0].replace("body.5", "body.4")
        assert group["lr"] == pytest.approx(expected[layer])


def test_the_head_keeps_a_rate_of_its_own() -> None:
    made = built(network="mlp", hidden=(5,))
    found = groups(made, params(layer_decay=0.5, head_lr=7.0))
    assert found["head.weight"]["lr"] == 7
    assert found["body.0.weight"]["lr"] == 0.25


def test_muon_and_what_it_leaves_decay_alike() -> None:
    made = built(network="cnn", norm="batch", hidden=())
    found = groups(made, params(optimizer="muon", rest_lr=0.2, layer_decay=0.5))
    rates = {name: (group["is_muon"], group["lr"]) for name, group in found.items()}
    assert rates["body.0.weight"] == (True, 0.125)
    assert rates["body.4.weight"] == (True, 0.25)
    assert rates["body.1.weight"] == (False, 0.05)
    assert rates["head.weight"] == (False, 0.2)


def test_without_decay_there_are_no_more_groups() -> None:
    (made,) = optimizer.build(built(network="cnn"), params(layer_decay=1))
    assert len(made.param_groups) == 1


@pytest.mark.parametrize("changes", [{}, {"head_lr": 0.3}, {"optimizer": "muon"}])
def test_the_history_has_the_rate_before_decay(changes: dict[str, object]) -> None:
    histories = []
    for decay in (1.0, 0.7):
        settled = settings(schedule="cosine", layer_decay=decay, **changes)
        step = begun(settled)
        updates(step, settled)
        histories.append([epoch.lr for epoch in step.learner.history])
    assert histories[0] == histories[1]
    assert 0 < histories[0][-1] < histories[0][0] <= 0.05


def test_the_first_layers_move_less() -> None:
    moved = []
    for decay in (1.0, 0.1):
        settled = settings(epochs=1, layer_decay=decay)
        step = begun(settled)
        before = deepcopy(step.learner.network.state_dict())
        updates(step, settled)
        after = step.learner.network.state_dict()
        names = ("body.0.weight", "head.weight")
        moved.append([(after[name] - before[name]).norm().item() for name in names])
    assert moved[1][0] < moved[0][0] / 10
    assert moved[1][1] > moved[0][1] / 2


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adamw", "head_lr": 0.1, "freeze": 1, "ema": 0.9},
        {"optimizer": "muon", "schedule": "plateau"},
        {"optimizer": "sgd", "accumulate": 2, "decay_norms": False},
    ],
    ids=str,
)
def test_a_resumed_training_ends_in_the_same_bytes(changes: dict[str, object]) -> None:
    settled = settings(layer_decay=0.6, save_steps=1, **changes)
    whole, stopped, resumed = begun(settled), begun(settled), begun(settled)
    updates(whole, settled)
    updates(stopped, settled, until=lambda number: number == 3)
    resumed.learner.load_state_dict(stored(stopped.learner.state_dict()))
    updates(resumed, settled)
    assert same(whole.learner.state_dict(), resumed.learner.state_dict())


def test_a_single_layer_is_told() -> None:
    settled, made = params(layer_decay=0.5), built(network="mlp", hidden=())
    (line,) = layer_decay.remarks(made, settled)
    assert line.startswith("train.layer_decay is 0.5, but the network is a single layer")
    assert not [*layer_decay.remarks(made, params(layer_decay=1))]
    assert not [*layer_decay.remarks(built(network="cnn"), settled)]


@pytest.mark.parametrize("value", [0, -0.5, 1.01, float("nan"), None, "fast", True])
def test_values_out_of_bounds_are_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="layer_decay"):
        LayerDecay.model_validate({"layer_decay": value})
