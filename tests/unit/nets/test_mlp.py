from collections.abc import Callable

import pytest
import torch
from shapes import built, shape, weights
from torch import Tensor, nn
from torch.nn import functional as F
from toys import NETWORK

from stages.nets.mlp import activation


def test_784_128_10_has_as_many_weights_as_computed_by_hand() -> None:
    network = built(shape(1, 28, 28), network="mlp", hidden=(128,))
    assert weights(network) == (784 + 1) * 128 + (128 + 1) * 10


def test_without_hidden_layers_it_is_a_linear_map() -> None:
    network = built(shape(3, 2, 4, 5), network="mlp", hidden=())
    images = torch.randn(6, 3, 2, 4)
    weight, bias = network.parameters()
    torch.testing.assert_close(network(images), images.flatten(1) @ weight.T + bias)


def test_logits_are_those_of_layers_applied_by_hand() -> None:
    network = built(shape(1, 4, 5, 3), network="mlp", hidden=(7, 6), activation="tanh")
    images = torch.randn(2, 1, 4, 5)
    layers = (layer for layer in network.modules() if isinstance(layer, nn.Linear))
    by_width = {layer.out_features: layer for layer in layers}
    hidden = torch.tanh(by_width[6](torch.tanh(by_width[7](images.flatten(1)))))
    torch.testing.assert_close(network(images), by_width[3](hidden))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("none", lambda inputs: inputs),
        ("relu", F.relu),
        ("leaky_relu", F.leaky_relu),
        ("elu", F.elu),
        ("gelu", F.gelu),
        ("silu", F.silu),
        ("tanh", torch.tanh),
        ("sigmoid", torch.sigmoid),
    ],
)
def test_an_activation_is_the_function_of_its_name(
    name: str, function: Callable[[Tensor], Tensor]
) -> None:
    inputs = torch.linspace(-3, 3, 20)
    made = activation(NETWORK.model_copy(update={"activation": name}))
    torch.testing.assert_close(made(inputs), function(inputs))


def test_dropout_hides_features_in_training_only() -> None:
    network = built(shape(1, 4, 4), network="mlp", hidden=(100,), dropout=0.5)
    images = torch.randn(2, 1, 4, 4)
    assert not torch.equal(network(images), network(images))
    network.eval()
    assert torch.equal(network(images), network(images))


def test_dropout_has_no_weights_so_they_fit_with_and_without() -> None:
    with_, without = (
        built(shape(1, 4, 4), network="mlp", hidden=(3,), dropout=share) for share in (0.5, 0.0)
    )
    with_.load_state_dict(without.state_dict())


def test_channels_last_in_memory_changes_nothing() -> None:
    network, images = built(shape(3, 4, 5), network="mlp", hidden=(3,)), torch.randn(2, 3, 4, 5)
    last = images.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(last), network(images))
