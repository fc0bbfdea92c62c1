"""From arrays to batches on the device."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from stages.artifacts.splits import Split


class Resident(NamedTuple):
    """A split on the device: still uint8, 4 times smaller than float32."""

    images: UInt8[Tensor, "n h w c"]
    labels: Int64[Tensor, " n"]


def to_device(split: Split, device: torch.device) -> Resident:
    """Move a split whole; on the CPU it stays in its memory map."""
    return Resident(
        torch.from_numpy(split.images).to(device), torch.from_numpy(split.labels).to(device)
    )


def batches(
    data: Resident, order: Int64[Tensor, " m"], size: int
) -> Iterator[tuple[UInt8[Tensor, "b h w c"], Int64[Tensor, " b"]]]:
    """Yield images and labels in the given order, `size` at a time, at the end what is left."""
    for indices in order.to(data.labels.device).split(size):
        yield data.images[indices], data.labels[indices]
