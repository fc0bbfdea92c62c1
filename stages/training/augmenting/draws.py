"""Random numbers that depend on (seed, epoch, transform, index of the image) alone.

So the batch size, the order and what was drawn before do not matter, and a training that resumes in
the middle of an epoch goes on exactly as it would have.
"""

from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

import numpy as np
import torch
from jaxtyping import Float64, UInt8
from torch import Tensor

Pixels = UInt8[Tensor, "b h w c"]


class Draws(NamedTuple):
    """What the random numbers of an epoch depend on, and the device that needs them."""

    seed: int
    epoch: int  # from 0
    shape: tuple[int, ...]  # of the images of the split: [N, H, W, C]
    device: torch.device

    def generator(self, transform: str) -> np.random.Generator:
        """Begin the numbers of one transform, which are the same whatever others draw."""
        return np.random.default_rng((self.seed, self.epoch, crc32(transform.encode())))

    def uniform(self, transform: str, columns: int) -> Float64[np.ndarray, "n _"]:
        """Draw from [0, 1): row i belongs to image i, however many images there are."""
        return self.generator(transform).random((self.shape[0], columns))

    def table(self, rows: np.ndarray) -> Tensor:
        """Put a row for each image on the device; floats have 32 bits there."""
        floats = rows.dtype == np.float64
        return torch.from_numpy(rows.astype(np.float32) if floats else rows).to(self.device)


class Transform(NamedTuple):
    """A function of a batch, and the rows that it takes for each image of the split."""

    function: Callable[[Pixels, Tensor], Pixels]
    table: Tensor  # [N, ...], on the device
