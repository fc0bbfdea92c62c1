import pytest
import torch
from pydantic import ValidationError
from torch import nn
from toys import INTERFACE, NETWORK, untrained

from stages.nets import network as nets
from stages.nets.introspection import head
from stages.training.optimizer import Freezing, freeze


def at(epoch: int, setting: object, network: nn.Module) -> nn.Module:
    network.train()
    freeze(network, Freezing.model_validate({"freeze": setting}), epoch)
    return network


def trainable(network: nn.Module) -> set[str]:
    return {name for name, weight in network.named_parameters() if weight.requires_grad}


def everything(network: nn.Module) -> set[str]:
    return {name for name, _ in network.named_parameters()}


HEAD = {"head.weight", "head.bias"}


@pytest.mark.parametrize("epoch", [0, 1, 99])
def test_none_trains_all_and_backbone_the_head(epoch: int) -> None:
    network = untrained().network
    assert trainable(at(epoch, "none", network)) == everything(network)
    assert trainable(at(epoch, "backbone", network)) == HEAD


@pytest.mark.parametrize(("epoch", "frozen"), [(0, True), (1, True), (2, False), (9, False)])
def test_a_number_freezes_so_many_epochs(epoch: int, *, frozen: bool) -> None:
    network = untrained().network
    assert trainable(at(epoch, 2, network)) == (HEAD if frozen else everything(network))


def test_thawing_undoes_freezing() -> None:
    network = untrained().network
    at(0, 1, network)
    at(1, 1, network)
    assert trainable(network) == everything(network)
    assert all(module.training for module in network.modules())


def test_frozen_norms_keep_their_moments_and_frozen_weights_their_values() -> None:
    network = at(0, "backbone", untrained().network)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    optimizer = torch.optim.AdamW(network.parameters(), 0.1)
    network(torch.randn(8, 1, 4, 5)).square().sum().backward()
    optimizer.step()
    after = network.state_dict()
    assert {name for name in after if not torch.equal(before[name], after[name])} == HEAD


def test_the_whitening_of_speednet_is_never_trained() -> None:
    params = NETWORK.model_copy(update={"network": "speednet", "filters": (2,)})
    interface = INTERFACE.model_copy(update={"height": 8, "width": 8})
    network = nets.build(params, interface)
    for epoch, setting in ((0, "none"), (0, 1), (1, 1)):
        assert "whitening.weight" not in trainable(at(epoch, setting, network))
    assert not network.get_buffer("whitening.weight").requires_grad
    assert "whitening.bias" in trainable(network)


def test_a_head_of_torchvisions_stays_free() -> None:
    params = NETWORK.model_copy(update={"network": "torchvision", "architecture": "squeezenet1_1"})
    interface = INTERFACE.model_copy(update={"height": 32, "width": 32})
    network = at(0, "backbone", nets.build(params, interface))
    assert trainable(network) == {"classifier.1.weight", "classifier.1.bias"}
    assert head(network) is network.get_submodule("classifier.1")


@pytest.mark.parametrize("setting", [0, -1, 1.0, True, "head", None])
def test_anything_else_is_refused(setting: object) -> None:
    with pytest.raises(ValidationError, match="freeze"):
        Freezing.model_validate({"freeze": setting})
