import pytest
import torch
from pydantic import ValidationError

from stages.nets import network
from stages.nets.network import Network


@pytest.mark.parametrize(("channels", "classes"), [(1, 10), (3, 2)])
def test_a_network_maps_its_channels_to_its_classes(channels: int, classes: int) -> None:
    made = network.build(Network(width=2), channels, classes)
    assert made(torch.randn(2, channels, 8, 8)).shape == (2, classes)


def test_the_width_is_the_number_of_first_filters() -> None:
    first, *_ = network.build(Network(width=7), 3, 2).parameters()
    assert first.shape == (7, 3, 3, 3)


def test_fresh_weights_depend_on_the_seed_alone() -> None:
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(network.build(Network(width=2), 1, 2).state_dict())
    first, again, other = states
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


@pytest.mark.parametrize("width", [0, -1, 2.0, "2"])
def test_a_width_that_is_no_positive_integer_is_refused(width: object) -> None:
    with pytest.raises(ValidationError, match="width"):
        Network.model_validate({"width": width})
