"""Small images and draws that the tests of augmentations share."""

import numpy as np
import torch
from torch import Tensor

from stages.training.augmentation.draws import Draws, Transform

CPU = torch.device("cpu")


def images(
    count: int, height: int = 12, width: int = 9, channels: int = 3, seed: int = 0
) -> Tensor:
    """Return random pixels [N, H, W, C], smoothed somewhat, as photographs are."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (count, height + 1, width + 1, channels))
    smooth = (noise[:, 1:, 1:] + noise[:, :-1, 1:] + 2 * noise[:, 1:, :-1]) // 4
    return torch.from_numpy(smooth.astype(np.uint8))


def draws(shape: tuple[int, ...], seed: int = 0, epoch: int = 0) -> Draws:
    return Draws(seed, epoch, tuple(shape), CPU)


def apply(transforms: list[Transform], pixels: Tensor) -> Tensor:
    """Apply the transforms to a whole split."""
    for transform in transforms:
        pixels = transform.function(pixels, table(transform, pixels.shape))
    return pixels


def table(transform: Transform, shape: tuple[int, ...]) -> Tensor:
    """Return what is drawn for all images of a split, as it goes to the device."""
    return draws(shape).moved(transform.rows(np.arange(shape[0])))


def planes(pixels: Tensor) -> Tensor:
    """Return [B, H, W, C] as the [B, C, H, W] that torchvision takes."""
    return pixels.permute(0, 3, 1, 2)


def largest_difference(found: Tensor, expected: Tensor) -> int:
    """Return the largest difference of two images, in grey levels."""
    assert found.shape == expected.shape
    return int((found.int() - expected.int()).abs().max())
