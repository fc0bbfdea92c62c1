import pytest
import torch
from shapes import built, shape, weights
from torch import nn
from torchvision.models import resnet18

EIGHTEEN = (64, 64, 128, 128, 256, 256, 512, 512)


def test_three_blocks_of_16_32_and_64_are_resnet_20() -> None:
    filters = (16,) * 3 + (32,) * 3 + (64,) * 3
    network = built(shape(3, 32, 32), network="resnet_small", filters=filters)
    # 269,722 with shortcuts that only pad (He et al. 2016, table 6: 0.27 M); here two have weights.
    assert weights(network) == 269_722 + (16 * 32 + 2 * 32) + (32 * 64 + 2 * 64)


def test_it_is_torchvisions_resnet_18_but_for_the_stem() -> None:
    network = built(shape(3, 32, 32, 1000), network="resnet_small", filters=EIGHTEEN)
    oracle = resnet18()
    oracle.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    oracle.maxpool = nn.Identity()
    assert weights(network) == weights(oracle)
    _imitate(network, oracle)
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(network.eval()(images), oracle.eval()(images), rtol=1e-4, atol=1e-4)


def _imitate(network: nn.Module, oracle: nn.Module) -> None:
    """Copy the oracle's weights, which come in the same order."""
    state, theirs = network.state_dict(), list(oracle.state_dict().values())
    network.load_state_dict(dict(zip(state, theirs, strict=True)))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (4, 7), (28, 28)])
@pytest.mark.parametrize("filters", [(3,), (2, 2), (2, 3, 4)])
def test_it_takes_images_of_any_size(height: int, width: int, filters: tuple[int, ...]) -> None:
    network = built(shape(1, height, width, 3), network="resnet_small", filters=filters).eval()
    assert network(torch.zeros(2, 1, height, width)).shape == (2, 3)


def test_a_block_whose_residual_is_zero_passes_what_is_positive() -> None:
    network = built(shape(1, 4, 4), network="resnet_small", filters=(5, 5)).eval()
    block = network.get_submodule("body.1")
    nn.init.zeros_(block.get_parameter("residual.4.weight"))
    features = torch.rand(2, 5, 4, 4)
    torch.testing.assert_close(block(features), features)
