import sys
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn, optim

from stages.errors import UserError
from stages.training import optimizer
from stages.training.muon import Muon
from stages.training.optimizer import Freezing, Optimizer

BASE = {
    "optimizer": "sgd",
    "lr": 0.1,
    "head_lr": None,
    "layer_decay": 1.0,
    "momentum": 0.9,
    "nesterov": False,
    "weight_decay": 0.3,
    "decay_norms": True,
    "muon_rest": "sgd",
    "rest_lr": 0.05,
    "rest_momentum": 0.8,
    "muon_normalize": False,
    "fused": True,
}


def params(**changes: object) -> Optimizer:
    return Optimizer.model_validate({**BASE, **changes})


class Small(nn.Module):
    """One of each kind of weight: token, filters, norm, matrix, head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.token = nn.Parameter(torch.randn(1, 1, 4))
        self.filters = nn.Conv2d(1, 4, 3, bias=False)  # of which the norm would leave only noise
        self.norm = nn.BatchNorm2d(4)
        self.hidden = nn.Linear(4, 5)
        self.head = nn.Linear(5, 2)

    def forward(self, images: Tensor) -> Tensor:
        features = self.norm(self.filters(images)).mean((2, 3)) + self.token[0]
        logits: Tensor = self.head(self.hidden(features).relu())
        return logits


def train(network: nn.Module, optimizers: list[optim.Optimizer], steps: int = 3) -> list[Tensor]:
    images = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    for _ in range(steps):
        kind = next(network.parameters()).dtype
        nn.functional.cross_entropy(network(images.to(kind)), torch.arange(6) % 2).backward()
        for one in optimizers:
            one.step()
            one.zero_grad()
    return [weight.detach() for weight in network.parameters()]


def groups_of(network: nn.Module, settings: Optimizer) -> dict[str, dict[str, Any]]:
    """Return every weight's group, by the weight's name, with its optimizer."""
    names = {weight: name for name, weight in network.named_parameters()}
    return {
        names[weight]: {**group, "is_muon": isinstance(one, Muon)}
        for one in optimizer.build(network, settings)
        for group in one.param_groups
        for weight in group["params"]
    }


def oracle(kind: str, weights: Any, **options: float) -> optim.Optimizer:  # noqa: ANN401
    kinds: dict[str, Any] = {
        "sgd": optim.SGD, "rmsprop": optim.RMSprop, "adam": optim.Adam, "adamw": optim.AdamW
    }  # fmt: skip
    made: optim.Optimizer = kinds[kind](weights, lr=0.1, weight_decay=0.3, **options)
    return made


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("sgd", {"momentum": 0.9}),
        ("sgd", {"momentum": 0.0}),
        ("sgd", {"momentum": 0.9, "nesterov": True}),
        ("rmsprop", {"momentum": 0.9}),
        ("rmsprop", {"momentum": 0.0}),
        ("adam", {}),
        ("adamw", {}),
    ],
)
def test_steps_are_those_of_torch(kind: str, options: dict[str, float], *, fused: bool) -> None:
    mine, theirs = Small(), Small()
    built = optimizer.build(mine, params(optimizer=kind, fused=fused, **options))
    expected = train(theirs, [oracle(kind, theirs.parameters(), **options)])
    for weight, other in zip(train(mine, built), expected, strict=True):
        torch.testing.assert_close(weight, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_of_torch_gives_the_same_bits(kind: torch.dtype, momentum: float) -> None:
    mine, theirs = Small().to(kind), Small().to(kind)
    built = optimizer.build(mine, params(optimizer="sgd", momentum=momentum))
    options = {"momentum": momentum, "fused": True}
    reference = oracle("sgd", theirs.head.parameters(), **options)
    for network in (mine, theirs):
        optimizer.freeze(network, Freezing(freeze="backbone"), 0)
    expected = train(theirs, [reference])
    for weight, other in zip(train(mine, built), expected, strict=True):
        assert torch.equal(weight, other)


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize(("device", "fused"), [("cpu", True), ("meta", False)])
def test_one_kernel_for_all_weights_on_a_cpu(kind: str, device: str, *, fused: bool) -> None:
    found = groups_of(Small().to(device), params(optimizer=kind, fused=False))
    for group in found.values():
        assert group["fused"] is fused
        assert group["foreach"] is not fused


def test_muon_takes_filters_and_matrices_and_sgd_the_rest() -> None:
    settings = params(optimizer="muon", nesterov=True, muon_normalize=True)
    found = groups_of(Small(), settings)
    muon = {name for name, group in found.items() if group["is_muon"]}
    assert muon == {"filters.weight", "hidden.weight"}
    assert len(found) == len([*Small().parameters()])
    for name, group in found.items():
        keys = ("initial_lr", "momentum", "nesterov", "weight_decay")
        expected = (0.1, 0.9, True, 0.3) if name in muon else (0.05, 0.8, True, 0.3)
        assert tuple(group[key] for key in keys) == expected
        assert group.get("normalize", True)


@pytest.mark.parametrize("rest", ["sgd", "adamw"])
def test_muon_and_the_rest_step_side_by_side(rest: str) -> None:
    mine, theirs = Small(), Small()
    built = optimizer.build(mine, params(optimizer="muon", muon_rest=rest, momentum=0.6))
    matrices = [theirs.filters.weight, theirs.hidden.weight]
    others = [weight for weight in theirs.parameters() if weight not in set(matrices)]
    muon = [{"params": matrices, "lr": 0.1, "weight_decay": 0.3}]
    reference = oracle(rest, others, **({"momentum": 0.8} if rest == "sgd" else {}))
    reference.param_groups[0]["lr"] = 0.05
    expected = train(theirs, [Muon(muon, 0.6, nesterov=False, normalize=False), reference])
    for weight, other in zip(train(mine, built), expected, strict=True):
        torch.testing.assert_close(weight, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["sgd", "muon"])
def test_muons_rest_may_be_without_momentum(kind: str) -> None:
    found = groups_of(Small(), params(optimizer=kind, nesterov=True, rest_momentum=0.0))
    head = found["head.weight"]
    assert (head["momentum"], head["nesterov"]) == ((0.9, True) if kind == "sgd" else (0.0, False))


def test_the_first_group_has_the_rate_of_the_name() -> None:
    for kind in ("sgd", "muon"):
        first = optimizer.build(Small(), params(optimizer=kind, head_lr=7.0))[0]
        assert first.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "rmsprop", "muon"])
@pytest.mark.parametrize(("head_lr", "decay_norms"), [(None, True), (7.0, True), (7.0, False)])
def test_every_weight_is_in_one_group_with_its_rates(
    kind: str, head_lr: float | None, *, decay_norms: bool
) -> None:
    network = Small()
    found = groups_of(network, params(optimizer=kind, head_lr=head_lr, decay_norms=decay_norms))
    assert sorted(found) == sorted(name for name, _ in network.named_parameters())
    for name, weight in network.named_parameters():
        group = found[name]
        lr = 0.05 if kind == "muon" and not group["is_muon"] else 0.1
        assert group["lr"] == group["initial_lr"] == (head_lr if "head" in name and head_lr else lr)
        assert group["weight_decay"] == (0.3 if decay_norms or weight.ndim > 1 else 0.0)


@pytest.mark.parametrize("kind", ["sgd", "muon"])
def test_a_weight_is_in_one_group_only(kind: str) -> None:
    network = Small()
    network.hidden = nn.Linear(5, 5)
    network.token = network.hidden.bias  # shared
    built = optimizer.build(network, params(optimizer=kind, head_lr=7.0))
    held = [weight for one in built for group in one.param_groups for weight in group["params"]]
    assert len(held) == len(set(held)) == len([*network.parameters()])


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "rmsprop", "muon"])
def test_what_is_frozen_before_is_left_out(kind: str) -> None:
    network = Small()
    network.filters.weight.requires_grad = False
    found = groups_of(network, params(optimizer=kind))
    assert "filters.weight" not in found
    assert len(found) == len([*network.parameters()]) - 1


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "rmsprop", "muon"])
def test_what_is_frozen_after_stays_until_it_thaws(kind: str, *, fused: bool) -> None:
    network, before = Small(), Small()
    built = optimizer.build(network, params(optimizer=kind, fused=fused))
    network.hidden.requires_grad_(requires_grad=False)
    train(network, built)
    assert torch.equal(network.hidden.weight, before.hidden.weight)
    assert torch.equal(network.hidden.bias, before.hidden.bias)
    network.hidden.requires_grad_(requires_grad=True)
    train(network, built)
    assert not torch.equal(network.hidden.weight, before.hidden.weight)


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "rmsprop", "muon"])
def test_a_restored_state_goes_on_with_the_same_bits(kind: str) -> None:
    settings = params(optimizer=kind, head_lr=0.2, decay_norms=False)
    whole, half, resumed = Small(), Small(), Small()
    expected = train(whole, optimizer.build(whole, settings), 4)
    stopped = optimizer.build(half, settings)
    train(half, stopped, 2)
    resumed.load_state_dict(half.state_dict())
    again = optimizer.build(resumed, settings)
    for one, other in zip(again, stopped, strict=True):
        one.load_state_dict(other.state_dict())
    for weight, wanted in zip(train(resumed, again, 2), expected, strict=True):
        assert torch.equal(weight, wanted)


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "rmsprop", "muon"])
def test_nothing_imports_the_compiler(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # to import it is an error from here
    network = Small()
    built = optimizer.build(network, params(optimizer=kind))
    train(network, built)
    for one in built:
        one.load_state_dict(one.state_dict())


@pytest.mark.parametrize(
    ("kind", "network"),
    [
        ("muon", nn.Linear(4, 2)),
        ("muon", nn.BatchNorm2d(3)),
        ("muon", nn.ReLU()),
        ("sgd", nn.ReLU()),
    ],
)
def test_an_optimizer_without_weights_is_refused(kind: str, network: nn.Module) -> None:
    message = rf"^train\.optimizer is {kind}, but .*; change train\.optimizer or train\.network$"
    with pytest.raises(UserError, match=message):
        optimizer.build(network, params(optimizer=kind))


@pytest.mark.parametrize("kind", ["adam", "adamw", "rmsprop"])
def test_nesterov_is_refused_where_there_is_none(kind: str) -> None:
    with pytest.raises(ValidationError, match=f"nesterov is true, but optimizer is {kind}"):
        params(optimizer=kind, nesterov=True)


@pytest.mark.parametrize("kind", ["sgd", "muon"])
def test_nesterov_is_refused_without_momentum(kind: str) -> None:
    with pytest.raises(ValidationError, match="nesterov is true, but momentum is 0"):
        params(optimizer=kind, nesterov=True, momentum=0.0)


NUMBERS = [("lr", 0.0), ("lr", -1.0), ("lr", 1001.0), ("lr", None), ("lr", float("nan"))]
NUMBERS += [(key, value) for key in ("head_lr", "rest_lr") for value in (0.0, -1.0, 1001.0)]
NUMBERS += [(key, value) for key in ("momentum", "rest_momentum") for value in (-0.1, 1.0)]
NUMBERS += [("weight_decay", -0.1), ("weight_decay", float("inf"))]
WORDS = [("optimizer", "lion"), ("muon_rest", "adam"), ("nesterov", 1), ("fused", "yes")]


@pytest.mark.parametrize(("key", "value"), [*NUMBERS, *WORDS])
def test_values_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        params(**{key: value})


@pytest.mark.parametrize(
    ("freeze", "weights", "epochs", "expected"),
    [
        ("none", "none", 3, []),
        ("backbone", "default", 3, []),
        (2, "default", 3, []),
        ("backbone", "none", 3, ["train.weights is none: what is frozen stays random"]),
        (3, "default", 3, ["train.epochs 3: the head alone learns in all of them"]),
        (3, "none", 2, ["what is frozen stays random", "the head alone learns"]),
    ],
)
def test_what_stays_frozen_is_said(
    freeze: object, weights: str, epochs: int, expected: list[str]
) -> None:
    lines = [*optimizer.remarks(Freezing.model_validate({"freeze": freeze}), weights, epochs)]
    assert len(lines) == len(expected)
    for line, part in zip(lines, expected, strict=True):
        assert line.startswith(f"train.freeze is {freeze}, ")
        assert part in line
