from typing import get_args

import pytest
import torch
from pydantic import ValidationError
from shapes import built, shape
from toys import NETWORK

from stages.errors import UserError
from stages.nets.custom import Custom
from stages.nets.network import Network
from stages.nets.speednet import Speednet

FAMILIES = get_args(Network.model_fields["network"].annotation)
each_family = pytest.mark.parametrize("family", FAMILIES)


@each_family
@pytest.mark.parametrize(("channels", "classes"), [(1, 10), (3, 2)])
def test_a_network_maps_its_channels_to_its_classes(
    family: str, channels: int, classes: int
) -> None:
    made = built(shape(channels, 32, 32, classes), network=family)
    assert made(torch.randn(2, channels, 32, 32)).shape == (2, classes)


@each_family
def test_fresh_weights_depend_on_the_seed_alone(family: str) -> None:
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(built(shape(1, 32, 32, 2), network=family).state_dict())
    first, again, other = states
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


@each_family
def test_a_step_changes_every_weight_and_lowers_the_loss(family: str) -> None:
    torch.manual_seed(0)
    network = built(shape(1, 32, 32, 2), network=family)
    if isinstance(network, Speednet):
        network.initialize(torch.randn(8, 1, 32, 32))
    images, labels = torch.randn(4, 1, 32, 32), torch.arange(4) % 2
    before = [weight.detach().clone() for weight in network.parameters()]
    optimizer = torch.optim.Adam(network.parameters(), 0.001)
    losses = []
    for _ in range(2):  # where the last norm of a branch starts at 0, the second moves the branch
        loss = torch.nn.functional.cross_entropy(network(images), labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    moved = [not torch.equal(*pair) for pair in zip(before, network.parameters(), strict=True)]
    assert all(moved)
    assert losses[-1] < losses[0]


@each_family
def test_evaluating_twice_gives_the_same_bits(family: str) -> None:
    network = built(shape(3, 32, 32), network=family, dropout=0.5).eval()
    images = torch.randn(2, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    assert torch.equal(network(images), network(images))


def test_a_custom_network_that_returns_no_logits_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Custom, "forward", lambda _, images: images)
    with pytest.raises(
        UserError,
        match=r"^stages/nets/custom\.py: forward must .* returned torch.float32 \[2, 1, 8",
    ):
        built(shape(1, 8, 8), network="custom")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network", "resnet"),
        ("filters", ()),
        ("filters", (0,)),
        ("filters", (1.5,)),
        ("hidden", (-1,)),
        ("hidden", 5),
        ("kernel", 2),
        ("kernel", 13),
        ("activation", "swish"),
        ("norm", "layer"),
        ("readout", "max"),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("architecture", 18),
        ("stem", "cifar"),
        ("width", 32),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Network.model_validate({**NETWORK.model_dump(), name: value})


def test_json_gives_the_same_values_back() -> None:
    assert Network.model_validate_json(NETWORK.model_dump_json()) == NETWORK
