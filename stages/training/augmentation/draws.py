"""Random numbers and boxes: functions of (seed, epoch, transform, index of the image)."""

from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, UInt8
from torch import Tensor

Pixels = UInt8[Tensor, "b h w c"]


class Draws(NamedTuple):
    """The random numbers of an epoch, for a split on a device."""

    seed: int
    epoch: int  # from 0
    shape: tuple[int, ...]  # of the images of the split: [N, H, W, C]
    device: torch.device

    def generator(self, transform: str) -> np.random.Generator:
        """Return the generator of one transform, which does not depend on what others draw."""
        return np.random.default_rng((self.seed, self.epoch, crc32(transform.encode())))

    def uniform(self, transform: str, columns: int) -> Float64[np.ndarray, "n _"]:
        """Draw from [0, 1); row i is for image i, however many images there are."""
        return self.generator(transform).random((self.shape[0], columns))

    def table(self, rows: np.ndarray) -> Tensor:
        """Move a row for each image to the device; floats become float32."""
        floats = rows.dtype == np.float64
        return torch.from_numpy(rows.astype(np.float32) if floats else rows).to(self.device)


class Transform(NamedTuple):
    """A function of a batch, and its arguments, one row for each image of the split."""

    function: Callable[[Pixels, Tensor], Pixels]
    table: Tensor  # [N, ...], on the device


def inscribed(
    draws: Float64[np.ndarray, "n 4"], areas: tuple[float, float], ratios: tuple[float, float]
) -> Float64[np.ndarray, "n 4"]:
    """Turn uniform draws into boxes inside the image: area uniform, ratio log-uniform.

    `areas` are bounds in shares of the image's area; `ratios` bound width / height, 1 being the
    image's own, and of these come only those that fit.
    """
    area = areas[0] + draws[:, 0] * (areas[1] - areas[0])
    least, most = np.maximum(ratios[0], area), np.minimum(ratios[1], 1 / area)
    ratio = least * (most / least) ** draws[:, 1]
    sides = np.sqrt(np.stack([area / ratio, area * ratio], axis=1)).clip(0, 1)  # [N, 2]
    starts = draws[:, 2:] * (1 - sides)
    return np.stack([starts, starts + sides], axis=2).reshape(-1, 4)


def inside(boxes: Float[Tensor, "b 4"], height: int, width: int) -> Bool[Tensor, "b h w"]:
    """Return a mask of the pixels whose centre is in the box of their image."""
    y = (torch.arange(height, device=boxes.device) + 0.5) / height
    x = (torch.arange(width, device=boxes.device) + 0.5) / width
    top, bottom, left, right = boxes[:, :, None].unbind(1)  # [B, 1] each
    rows, columns = (top <= y) & (y < bottom), (left <= x) & (x < right)
    return rows[:, :, None] & columns[:, None, :]
