from copy import deepcopy

import pytest
import torch
from learning import begun, same, settings, updates
from torch import nn
from toys import CARD

from stages.batches import Resident
from stages.errors import UserError
from stages.nets.network import Network
from stages.train import train
from stages.training.recomputation import (
    checkpoint_activations,
    checkpoint_blocks,
    segments,
)
from stages.training.setup import build_step, initial_card

COLOURED = CARD.interface.model_copy(
    update={"height": 32, "width": 32, "channels": 3, "mean": (0.5,) * 3, "std": (0.5,) * 3}
)
NETWORKS: list[dict[str, object]] = [
    {"network": "cnn", "filters": (4, 8), "norm": "batch", "dropout": 0.5},
    {"network": "cnn", "filters": (4, 8), "precision": "bf16", "accumulate": 2, "mixup": 0.3},
    {"network": "resnet_small", "filters": (8, 8, 16, 16), "ema": 0.9, "freeze": 1},
    {"network": "mlp", "hidden": (6, 6), "dropout": 0.3},
]
TIMM: list[dict[str, object]] = [
    {"architecture": "resnet10t", "drop_path": 0.5},
    {"architecture": "vit_tiny_patch16_224", "drop_path": 0.5, "precision": "bf16"},
    {"architecture": "test_vit", "drop_path": 0.5, "head_lr": 0.02},
    {"architecture": "test_convnext", "drop_path": 0.5, "accumulate": 2, "ema": 0.9},
    {"architecture": "test_efficientnet", "drop_path": 0.5, "freeze": 1},
]


@pytest.mark.parametrize("changes", NETWORKS, ids=str)
def test_training_ends_in_the_same_bytes(changes: dict[str, object]) -> None:
    states, scores = [], []
    for recomputed in (False, True):
        params = settings(epochs=2, grad_checkpointing=recomputed, **changes)
        step = begun(params)
        updates(step, params)
        states.append(deepcopy(step.learner.state_dict()))
        scores.append(step.learner.history)
    assert same(states[0], states[1])
    assert scores[0] == scores[1]


@pytest.mark.parametrize("changes", TIMM, ids=str)
def test_training_a_network_of_timm_ends_in_the_same_bytes(changes: dict[str, object]) -> None:
    images = torch.randint(0, 256, (16, 32, 32, 3), dtype=torch.uint8)
    data = Resident(images, torch.arange(16) % 2)
    found = []
    for recomputed in (False, True):
        params = settings(
            network="timm", grad_checkpointing=recomputed, **{"epochs": 2, "lr": 0.01, **changes}
        )
        card = CARD.model_copy(update={"network": params.part(Network), "interface": COLOURED})
        step = build_step(params, card, data)
        for _ in train(step, data, data, params):
            pass
        found.append(deepcopy(step.learner.state_dict()))
    assert same(*found)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0", "vgg11"])
def test_a_network_of_torchvision_has_the_same_gradients_and_statistics(name: str) -> None:
    from torchvision.models import get_model  # noqa: PLC0415 - takes seconds

    torch.manual_seed(0)
    plain = get_model(name, weights=None, num_classes=3)
    recomputed = deepcopy(plain)
    checkpoint_activations(recomputed)
    images = torch.rand(4, 3, 32, 32)
    for network in (plain, recomputed):
        for seed in range(2):
            torch.manual_seed(seed)
            network(images).square().sum().backward()
    assert same(plain.state_dict(), recomputed.state_dict())
    for weight, other in zip(plain.parameters(), recomputed.parameters(), strict=True):
        assert torch.equal(weight.grad, other.grad)


def test_less_is_kept_for_the_backward_pass() -> None:
    kept = []
    for recomputed in (False, True):
        layers = nn.Sequential(*(nn.Sequential(nn.Linear(8, 8), nn.Tanh()) for _ in range(16)))
        network = nn.Sequential(layers, nn.Linear(8, 2))
        if recomputed:
            checkpoint_activations(network)
        found = list[int]()

        def keep(tensor: torch.Tensor, found: list[int] = found) -> torch.Tensor:
            found.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            network(torch.rand(5, 8))
        kept.append(sum(found))
    assert kept[1] < kept[0] / 2


def test_no_segment_begins_with_what_overwrites_its_input() -> None:
    layers = [nn.Linear(2, 2), nn.Tanh(), nn.Identity(), nn.ReLU(inplace=True), nn.Linear(2, 2)]
    found = [*segments(layers)]
    assert [len(segment) for segment in found] == [4, 1]
    assert [layer for segment in found for layer in segment] == layers


@pytest.mark.parametrize(("changes", "message"), [({"network": "custom"}, "network is custom")])
def test_what_was_not_shown_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=rf"train\.grad_checkpointing is true, .*{message}"):
        begun(settings(grad_checkpointing=True, **changes))


class Overwriting(nn.Module):
    """A block that works in place on what goes into it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.layers[0](inputs.tanh_())
        return outputs


class Counting(nn.Module):
    """A block whose output depends on how often it ran."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.register_buffer("runs", torch.zeros(1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        self.get_buffer("runs").add_(1)
        outputs: torch.Tensor = self.layer(inputs) * self.get_buffer("runs")
        return outputs


class Around(nn.Module):
    """A network that works in place on what has gone into its block."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Linear(2, 2)
        self.block = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.Tanh()))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.stem(inputs)
        outputs: torch.Tensor = self.block(features) + features.mul_(2)
        return outputs


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (nn.Sequential(nn.Linear(2, 2), Overwriting()), "Overwriting"),
        (nn.Sequential(nn.Linear(2, 2), Counting()), "Counting"),
        (Around(), "Sequential"),
    ],
)
def test_what_cannot_run_again_ends_the_training(network: nn.Module, name: str) -> None:
    checkpoint_blocks(network, "resnet10t")
    with pytest.raises(UserError, match=f"grad_checkpointing is true, but a {name} of the network"):
        network(torch.rand(3, 2)).sum().backward()


def test_an_architecture_without_blocks_is_told() -> None:
    with pytest.raises(UserError, match=r"train\.architecture flat has no blocks"):
        checkpoint_blocks(nn.Sequential(nn.Linear(2, 2), nn.Tanh()), "flat")


def test_blocks_may_take_and_give_several_values() -> None:
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Sequential(nn.Linear(2, 2))

        def forward(
            self, both: list[torch.Tensor], *, scale: float = 1.0
        ) -> tuple[torch.Tensor, torch.Tensor]:
            both[0] = self.layer(both[0])  # into the list that was given, as HRNet does
            both.append(both[1].sin())
            return both[0].mul(scale), both[2]

    torch.manual_seed(0)
    plain = nn.ModuleDict({"blocks": nn.ModuleList([Pair(), Pair()])})
    recomputed = deepcopy(plain)
    checkpoint_blocks(recomputed, "pairs")
    inputs, found = torch.rand(2, 3, 2), []
    for network in (plain, recomputed):
        both = [*inputs.clone()]
        for block in network["blocks"].children():
            both = [*block(both, scale=2.0)]
        (both[0] * both[1]).sum().backward()
        found.append([weight.grad for weight in network.parameters()])
    assert same(*found)


def test_a_network_without_sequences_is_refused() -> None:
    with pytest.raises(UserError, match="no sequence of layers"):
        checkpoint_activations(nn.Linear(2, 2))


def test_the_classifier_does_not_say_it() -> None:
    cards = [initial_card(settings(grad_checkpointing=on), CARD.interface) for on in (False, True)]
    assert cards[0] == cards[1]
