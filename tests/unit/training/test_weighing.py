import pytest
import torch
from toys import CARD, INTERFACE, NETWORK

from reprise import capacity
from stages.artifacts.classifier import Card
from stages.errors import UserError
from stages.training import setup

BIG = INTERFACE.model_copy(update={"height": 64, "width": 64, "channels": 3})


def card(**params: object) -> Card:
    network = NETWORK.model_copy(update=params)
    return CARD.model_copy(update={"network": network, "interface": BIG})


@pytest.mark.parametrize(
    ("params", "weights"),
    [
        ({"network": "mlp", "hidden": (10**6, 10**6)}, 1_012_292_000_002),
        ({"network": "mlp", "hidden": (10**6,) * 100}, 99_012_390_000_002),
        ({"network": "cnn", "filters": (65_536, 65_536), "kernel": 11, "norm": "none"}, None),
        ({"network": "cnn", "filters": (4,), "hidden": (10**6,) * 3}, None),
        ({"network": "resnet_small", "filters": (65_536,) * 9}, None),
        ({"network": "speednet", "filters": (65_536,) * 2}, None),
    ],
)
def test_a_network_beyond_all_memory_is_refused_before_it_is_made(
    params: dict[str, object], weights: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "main_memory", lambda: 10**11)
    with pytest.raises(
        UserError, match=r"GB; this machine has 100 GB; make them smaller$"
    ) as found:
        setup.require_memory(card(**params))
    assert weights is None or f"make a network of {weights:,} weights" in str(found.value)


@pytest.mark.parametrize("network", ["mlp", "cnn", "resnet_small", "speednet", "lenet", "custom"])
def test_a_usual_network_is_let_through_and_no_random_number_is_drawn(network: str) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    setup.require_memory(card(network=network))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_limit_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = 64 * 64 * 3 * 5 + 5 + 5 * 2 + 2
    monkeypatch.setattr(setup, "main_memory", lambda: 8 * weights)
    setup.require_memory(card(network="mlp", hidden=(5,)))
    monkeypatch.setattr(setup, "main_memory", lambda: 8 * weights - 1)
    with pytest.raises(UserError, match=f"{weights:,} weights"):
        setup.require_memory(card(network="mlp", hidden=(5,)))


def test_the_machine_has_some_memory() -> None:
    assert capacity.main_memory() > 10**8
