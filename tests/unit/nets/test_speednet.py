import pytest
import torch
from shapes import built, shape, weights
from torch import nn

from stages.errors import UserError
from stages.nets.speednet import Norm, Speednet, group

PUBLISHED = (64, 256, 256)


def test_it_has_the_layers_of_the_paper() -> None:
    network = built(shape(3, 32, 32), network="speednet", filters=PUBLISHED)
    pairs = [(24, 64), (64, 64), (64, 256), (256, 256), (256, 256), (256, 256)]
    convolutions = 9 * sum(inputs * outputs for inputs, outputs in pairs)
    norms = 2 * sum(PUBLISHED)  # biases only
    assert weights(network) == 24 + convolutions + norms + 256 * 10
    features = network.get_submodule("body")(torch.zeros(2, 24, 31, 31))
    assert features.shape == (2, 256)


def test_the_output_is_a_ninth_of_the_head() -> None:
    network = built(shape(3, 32, 32), network="speednet", filters=(4, 4, 4)).eval()
    assert isinstance(network, Speednet)
    images = torch.randn(2, 3, 32, 32)
    features = network.body(network.whitening(images))
    torch.testing.assert_close(network(images), features @ network.head.weight.T / 9)


@pytest.mark.parametrize(("inputs", "filters"), [(3, 5), (4, 4), (6, 2)])
def test_fresh_convolutions_pass_their_input_on(inputs: int, filters: int) -> None:
    first, second = (layer for layer in group(inputs, filters) if isinstance(layer, nn.Conv2d))
    kept = min(inputs, filters)
    features = torch.randn(2, inputs, 4, 4)
    torch.testing.assert_close(first(features)[:, :kept], features[:, :kept])
    features = torch.randn(2, filters, 4, 4)
    torch.testing.assert_close(second(features), features)


def test_a_norm_is_torchs_with_a_scale_of_1_that_is_not_learned() -> None:
    norm, oracle = Norm(3), nn.BatchNorm2d(3, eps=1e-12, momentum=0.4)
    features = torch.randn(5, 3, 4, 4)
    torch.testing.assert_close(norm(features), oracle(features))
    torch.testing.assert_close(norm.running_var, oracle.running_var)
    assert [name for name, _ in norm.named_parameters()] == ["bias"]


@pytest.mark.parametrize(("height", "width"), [(25, 25), (32, 32), (28, 28), (64, 30)])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_takes_images_from_25_by_25(channels: int, height: int, width: int) -> None:
    network = built(shape(channels, height, width, 3), network="speednet", filters=(2, 3, 4))
    assert network(torch.randn(2, channels, height, width)).shape == (2, 3)


def test_smaller_images_are_refused() -> None:
    with pytest.raises(UserError, match=r"speednet needs images of 25 x 25 .* is \[24, 32\]"):
        built(shape(3, 24, 32), network="speednet", filters=PUBLISHED)


def test_initialising_changes_the_whitening_alone() -> None:
    network = built(shape(1, 25, 25), network="speednet", filters=(2, 2, 2))
    assert isinstance(network, Speednet)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    network.initialize(torch.randn(8, 1, 25, 25))
    after = network.state_dict()
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed == ["whitening.weight"]
