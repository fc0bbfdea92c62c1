import numpy as np
import pytest
import torch

from stages.nets.speednet import CHUNK, EPSILON, Whitening, covariance


def patches(images: torch.Tensor) -> np.ndarray:
    """Return all 2 x 2 patches as rows, channels first, as NumPy sees them."""
    windows = np.lib.stride_tricks.sliding_window_view(images.double().numpy(), (2, 2), (2, 3))
    count, channels, rows, columns = windows.shape[:4]
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(count * rows * columns, channels * 4)


def natural(count: int, channels: int = 3) -> torch.Tensor:
    """Return images whose neighbouring pixels are alike."""
    torch.manual_seed(0)
    noise = torch.randn(count, channels, 12, 11)
    return noise.cumsum(2).cumsum(3) / 10


@pytest.mark.parametrize("count", [1, CHUNK, CHUNK + 3])
def test_the_covariance_is_numpys(count: int) -> None:
    images = natural(count)
    rows = patches(images)
    np.testing.assert_allclose(covariance(images), rows.T @ rows / len(rows), rtol=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
def test_whitened_patches_are_uncorrelated_and_of_variance_1(channels: int) -> None:
    images, layer = natural(50, channels), Whitening(channels)
    layer.initialize(images)
    half = layer.filters // 2
    features = layer(images)[:, :half].transpose(0, 1).flatten(1).double()
    found = features @ features.T / features.shape[1]
    values = np.linalg.eigvalsh(covariance(images).numpy())[::-1].copy()
    # A direction with a variance near epsilon is damped: it may be noise.
    expected = torch.diag(torch.from_numpy(values / (values + EPSILON)))
    torch.testing.assert_close(found, expected.to(found), rtol=1e-3, atol=1e-3)


def test_the_other_half_are_the_negatives() -> None:
    layer = Whitening(3)
    layer.initialize(natural(5))
    assert layer.filters == 24
    assert torch.equal(layer.weight[:12], -layer.weight[12:])


def test_the_first_filter_is_the_direction_that_varies_most() -> None:
    layer = Whitening(1)
    torch.manual_seed(0)
    flat = torch.randn(50, 1, 1, 1).expand(50, 1, 6, 6) + torch.randn(50, 1, 6, 6) / 100
    layer.initialize(flat)
    first = layer.weight[0].flatten()
    torch.testing.assert_close(first / first.mean(), torch.ones(4), rtol=1e-2, atol=1e-2)


def test_constant_images_give_finite_filters() -> None:
    layer = Whitening(1)
    layer.initialize(torch.full((3, 1, 4, 4), 0.5))
    assert layer.weight.isfinite().all()


def test_only_the_bias_can_be_trained() -> None:
    layer = Whitening(2)
    assert [name for name, _ in layer.named_parameters()] == ["bias"]
    assert [*layer.state_dict()] == ["bias", "weight"]
    assert layer.bias.abs().sum() == 0


def test_the_same_images_give_the_same_bits() -> None:
    first, again = Whitening(3), Whitening(3)
    for layer in (first, again):
        layer.initialize(natural(10))
    assert torch.equal(first.weight, again.weight)
