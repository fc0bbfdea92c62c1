import pytest
import torch
from jaxtyping import TypeCheckError
from shapes import built, shape, weights
from torch import nn

from stages.errors import UserError
from stages.nets.cnn import Cnn

MNIST = {"filters": (32, 64), "kernel": 5, "norm": "none", "hidden": (1000,), "readout": "flatten"}
CIFAR = {"filters": (32, 32, 64), "kernel": 5, "norm": "none", "readout": "flatten"}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(4, 4), (5, 7), (8, 8), (28, 28), (33, 4)])
@pytest.mark.parametrize("count", [1, 3])
def test_with_the_mean_three_blocks_take_any_size_from_4_by_4(
    channels: int, height: int, width: int, count: int
) -> None:
    network = built(shape(channels, height, width, 5)).eval()
    assert network(torch.zeros(count, channels, height, width)).shape == (count, 5)


@pytest.mark.parametrize(("channels", "classes", "width"), [(1, 2, 1), (3, 10, 8)])
def test_the_number_of_weights_is_as_computed_by_hand(
    channels: int, classes: int, width: int
) -> None:
    network = built(shape(channels, 8, 8, classes), filters=(width, 2 * width, 4 * width))
    convolutions = 9 * (channels * width + width * 2 * width + 2 * width * 4 * width)
    norms = 2 * (width + 2 * width + 4 * width)
    assert weights(network) == convolutions + norms + 4 * width * classes + classes


def test_the_mnist_cnn_has_the_published_layers() -> None:
    network = built(shape(1, 28, 28), **MNIST)
    shapes = sorted(tuple(weight.shape) for weight in network.parameters() if weight.ndim > 1)
    assert shapes == [(10, 1000), (32, 1, 5, 5), (64, 32, 5, 5), (1000, 7 * 7 * 64)]
    assert weights(network) == 832 + 51_264 + 3_137_000 + 10_010


def test_the_three_convolutions_of_cifar_have_the_published_layers() -> None:
    network = built(shape(3, 32, 32), **CIFAR, hidden=(64,))
    assert weights(network) == 2_432 + 25_632 + 51_264 + 65_600 + 650


def test_logits_are_those_of_layers_applied_by_hand() -> None:
    params = {"norm": "none", "readout": "flatten", "activation": "silu", "hidden": (6,)}
    network = built(shape(2, 9, 8, 3), filters=(4, 5), **params)
    images = torch.randn(3, 2, 9, 8)
    first, second = (layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    linear = (layer for layer in network.modules() if isinstance(layer, nn.Linear))
    dense = {layer.out_features: layer for layer in linear}
    features = images
    for layer in (first, second):
        features = nn.functional.conv2d(features, layer.weight, layer.bias, padding=1)
        features = nn.functional.max_pool2d(nn.functional.silu(features), 2)
    hidden = nn.functional.silu(dense[6](features.flatten(1)))
    torch.testing.assert_close(network(images), dense[3](hidden))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"])
def test_the_pool_sees_activated_features_whatever_comes_first(name: str) -> None:
    network = built(
        shape(1, 8, 8, 3), filters=(4,), norm="none", readout="flatten", activation=name
    )
    images = torch.randn(5, 1, 8, 8)
    convolution = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    head = next(layer for layer in network.modules() if isinstance(layer, nn.Linear))
    features = getattr(nn.functional, name)(convolution(images))
    expected = head(nn.functional.max_pool2d(features, 2).flatten(1))
    torch.testing.assert_close(network(images), expected)


def test_an_image_is_judged_alone_when_evaluating() -> None:
    network, images = built(shape(1, 8, 8, 3)).eval(), torch.randn(4, 1, 8, 8)
    alone = torch.cat([network(image[None]) for image in images])
    torch.testing.assert_close(network(images), alone)


def test_with_the_mean_the_head_sees_one_number_a_filter() -> None:
    network, images = built(shape(1, 9, 8, 3)).eval(), torch.randn(4, 1, 9, 8)
    assert isinstance(network, Cnn)
    features = images
    for layer in network.body[:11]:  # all but the last pool
        features = layer(features)
    assert features.shape == (4, 8, 2, 2)
    pooled = nn.functional.adaptive_avg_pool2d(features, 1).flatten(1)
    torch.testing.assert_close(network(images), network.head(pooled))


def test_dropout_hides_features_in_training_only() -> None:
    network, images = built(shape(1, 8, 8), filters=(32,), dropout=0.5), torch.randn(2, 1, 8, 8)
    assert not torch.equal(network(images), network(images))
    network.eval()
    assert torch.equal(network(images), network(images))


def test_every_weight_gets_a_gradient() -> None:
    network = built(shape(1, 8, 8, 3), hidden=(5,), activation="gelu")
    network(torch.randn(4, 1, 8, 8)).square().sum().backward()
    gradients = {name: weight.grad for name, weight in network.named_parameters()}
    assert all(grad is not None and grad.abs().sum() > 0 for grad in gradients.values())


@pytest.mark.parametrize("kernel", [1, 3, 5, 7, 9, 11])
def test_a_kernel_keeps_the_resolution(kernel: int) -> None:
    network = built(shape(1, 4, 4, 2), filters=(2,), kernel=kernel)
    assert network.get_submodule("body.0")(torch.zeros(1, 1, 4, 4)).shape == (1, 2, 4, 4)


def test_another_number_of_channels_is_refused() -> None:
    with pytest.raises(RuntimeError, match="channels"):
        built(shape(1, 8, 8))(torch.zeros(2, 3, 8, 8))


@pytest.mark.parametrize(("readout", "least"), [("mean", 4), ("flatten", 8)])
def test_an_image_that_is_too_small_for_the_pools_is_refused(readout: str, least: int) -> None:
    built(shape(1, least, least), readout=readout).eval()(torch.zeros(1, 1, least, least))
    with pytest.raises(UserError, match=rf"train\.network cnn needs images of {least} x {least}"):
        built(shape(1, least, least - 1), readout=readout)


@pytest.mark.parametrize("images", [torch.zeros(1, 8, 8), torch.zeros(1, 1, 8, 8).byte()])
def test_images_of_another_shape_or_type_are_refused(images: torch.Tensor) -> None:
    network = built(shape(1, 8, 8))
    assert isinstance(network, Cnn)
    with pytest.raises(TypeCheckError):
        network(images)
