import pytest
import torch
from jaxtyping import TypeCheckError
from torch import nn

from stages.nets.cnn import Cnn, block


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(4, 4), (5, 7), (8, 8), (28, 28), (33, 4)])
@pytest.mark.parametrize("count", [1, 3])
def test_any_size_from_4_by_4_gives_a_logit_per_class(
    channels: int, height: int, width: int, count: int
) -> None:
    network = Cnn(channels, 5, 2).eval()
    assert network(torch.zeros(count, channels, height, width)).shape == (count, 5)


@pytest.mark.parametrize(("channels", "classes", "width"), [(1, 2, 1), (3, 10, 8)])
def test_the_number_of_weights_is_as_computed_by_hand(
    channels: int, classes: int, width: int
) -> None:
    convolutions = 9 * (channels * width + width * 2 * width + 2 * width * 4 * width)
    norms = 2 * (width + 2 * width + 4 * width)
    head = 4 * width * classes + classes
    weights = sum(weight.numel() for weight in Cnn(channels, classes, width).parameters())
    assert weights == convolutions + norms + head


def test_an_image_is_judged_alone_when_evaluating() -> None:
    network, images = Cnn(1, 3, 2).eval(), torch.randn(4, 1, 8, 8)
    alone = torch.cat([network(image[None]) for image in images])
    torch.testing.assert_close(network(images), alone)


def test_the_head_sees_the_mean_over_positions() -> None:
    network, images = Cnn(1, 3, 2).eval(), torch.randn(4, 1, 8, 8)
    features = nn.functional.adaptive_avg_pool2d(network.body(images), 1).flatten(1)
    torch.testing.assert_close(network(images), network.head(features))


def test_every_weight_gets_a_gradient() -> None:
    network = Cnn(1, 3, 2)
    network(torch.randn(4, 1, 8, 8)).square().sum().backward()
    gradients = {name: weight.grad for name, weight in network.named_parameters()}
    assert all(grad is not None and grad.abs().sum() > 0 for grad in gradients.values())


def test_a_block_keeps_the_resolution_and_is_never_negative() -> None:
    features = nn.Sequential(*block(2, 3))(torch.randn(4, 2, 5, 6))
    assert features.shape == (4, 3, 5, 6)
    assert features.min() == 0


def test_another_number_of_channels_is_refused() -> None:
    with pytest.raises(RuntimeError, match="channels"):
        Cnn(1, 3, 2)(torch.zeros(2, 3, 8, 8))


def test_an_image_that_is_too_small_is_refused() -> None:
    with pytest.raises(RuntimeError, match="too small"):
        Cnn(1, 3, 2)(torch.zeros(2, 1, 3, 3))


@pytest.mark.parametrize("images", [torch.zeros(1, 8, 8), torch.zeros(1, 1, 8, 8).byte()])
def test_images_of_another_shape_or_type_are_refused(images: torch.Tensor) -> None:
    with pytest.raises(TypeCheckError):
        Cnn(1, 3, 2)(images)
