from copy import deepcopy

import pytest
import torch
from learning import begun, same, settings, updates
from torch import nn
from toys import CARD

from stages.errors import UserError
from stages.training.recomputation import checkpoint_activations, segments
from stages.training.setup import initial_card

NETWORKS: list[dict[str, object]] = [
    {"network": "cnn", "filters": (4, 8), "norm": "batch", "dropout": 0.5},
    {"network": "cnn", "filters": (4, 8), "precision": "bf16", "accumulate": 2, "mixup": 0.3},
    {"network": "resnet_small", "filters": (8, 8, 16, 16), "ema": 0.9, "freeze": 1},
    {"network": "mlp", "hidden": (6, 6), "dropout": 0.3},
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


def test_a_network_of_torchvision_has_the_same_gradients_and_statistics() -> None:
    from torchvision.models import resnet18  # noqa: PLC0415 - takes seconds

    torch.manual_seed(0)
    plain = resnet18(num_classes=3)
    recomputed = deepcopy(plain)
    checkpoint_activations(recomputed)
    images = torch.rand(4, 3, 32, 32)
    for network in (plain, recomputed):
        for _ in range(2):
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


def test_a_network_without_sequences_is_refused() -> None:
    with pytest.raises(UserError, match="no sequence of layers"):
        checkpoint_activations(nn.Linear(2, 2))


def test_the_classifier_does_not_say_it() -> None:
    cards = [initial_card(settings(grad_checkpointing=on), CARD.interface) for on in (False, True)]
    assert cards[0] == cards[1]
