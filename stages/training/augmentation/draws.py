"""Random numbers and boxes: functions of (seed, epoch, transform, index of the image).

They are computed for the images of a batch, when it comes: nothing grows with the split.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple
from zlib import crc32

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64, UInt8, UInt64
from torch import Tensor

from stages.training.augmentation.elementary import power

Pixels = UInt8[Tensor, "b h w c"]
Indices = Int64[np.ndarray, " b"]  # of images in the split, in main memory
Rows = Callable[[Indices], np.ndarray]  # [B, ...]
Uniform = Callable[[Indices], Float64[np.ndarray, "b _"]]

# Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators": SplitMix64.
GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX = (30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB))


class Draws(NamedTuple):
    """The random numbers of an epoch, for a split on a device."""

    seed: int
    epoch: int  # from 0
    shape: tuple[int, ...]  # of the images of the split: [N, H, W, C]
    device: torch.device

    def uniform(self, transform: str, columns: int) -> Uniform:
        """Return a function of indices that draws from [0, 1), a row for each image.

        What one transform draws does not depend on the others.
        """
        key = np.random.SeedSequence((self.seed, self.epoch, crc32(transform.encode())))
        return partial(uniform, key.generate_state(1, np.uint64), columns)

    def located(self, indices: Int64[Tensor, " b"]) -> Indices:
        """Return the indices of a batch in main memory.

        Raises:
            IndexError: the split has no such image.
        """
        found = indices.numpy(force=True)
        if len(found) and not 0 <= found.min() <= found.max() < self.shape[0]:
            raise IndexError(f"indices {found.min()} to {found.max()} of {self.shape[0]} images")
        return found

    def moved(self, rows: np.ndarray) -> Tensor:
        """Move a row for each image of a batch to the device; floats become float32."""
        floats = rows.dtype == np.float64
        made = torch.from_numpy(rows.astype(np.float32) if floats else rows)
        return made.to(self.device, non_blocking=True)


class Transform(NamedTuple):
    """A function of a batch, and of what is drawn for its images, a row each."""

    function: Callable[[Pixels, Tensor], Pixels]
    rows: Rows


def uniform(
    key: UInt64[np.ndarray, " 1"], columns: int, indices: Indices
) -> Float64[np.ndarray, "b _"]:
    """Return the numbers of some images: row i is i-th in the stream that SplitMix64 draws by key.

    Its integers wrap, and are the same on every processor. Streams of two keys could overlap,
    shifted, with a chance of their length in 2^63: two images would then have equal draws once.
    """
    places = indices.astype(np.uint64)[:, None] * np.uint64(columns)
    bits: UInt64[np.ndarray, "b _"] = key + GAMMA * (
        places + np.arange(1, columns + 1, dtype=np.uint64)
    )
    for shift, factor in MIX:
        bits ^= bits >> np.uint64(shift)
        bits *= factor
    bits ^= bits >> np.uint64(31)
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53)


def inscribed(
    draws: Float64[np.ndarray, "n 4"], areas: tuple[float, float], ratios: tuple[float, float]
) -> Float64[np.ndarray, "n 4"]:
    """Turn uniform draws into boxes inside the image: area uniform, ratio log-uniform.

    `areas` are bounds in shares of the image's area; `ratios` bound width / height, 1 being the
    image's own, and of these come only those that fit.
    """
    area = areas[0] + draws[:, 0] * (areas[1] - areas[0])
    least, most = np.maximum(ratios[0], area), np.minimum(ratios[1], 1 / area)
    ratio = least * power(most / least, draws[:, 1])
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
