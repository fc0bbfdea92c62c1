"""Test-time augmentation: the logits of several views of each image are averaged."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float, UInt8
from pydantic import Field
from torch import Tensor, nn

from stages.params import Params


class Tta(Params):
    """Parameters of the views."""

    tta: Literal["none", "flip", "flip_crop"] = Field(
        description="average over mirrored images; flip_crop: over shifted ones too, 6 times slower"
    )


class View(NamedTuple):
    """A transformed batch, and the weight of its logits; the weights of all views add up to 1."""

    images: UInt8[Tensor, "b h w c"]
    weight: float


def views(images: UInt8[Tensor, "b h w c"], params: Tta) -> Iterator[View]:
    """Yield the views of a batch.

    For flip_crop half of the weight is on the images in their place, half on those shifted by one
    pixel up and left, or down and right, and reflected at the edge: the six views of multi-crop
    evaluation in Jordan 2024 (arXiv 2404.00498).
    """
    if params.tta == "none":
        yield View(images, 1.0)
        return
    if params.tta == "flip":
        yield from _mirrored(images, 1.0)
        return
    yield from _mirrored(images, 0.5)
    yield from _mirrored(shift(images, 1), 0.25)
    yield from _mirrored(shift(images, -1), 0.25)


class Viewing(nn.Module):
    """A network that averages the logits of all views of an image."""

    def __init__(self, network: nn.Module, params: Tta) -> None:
        """Take a network that maps uint8 [B, H, W, C] to logits."""
        super().__init__()
        self.network, self._params = network, params

    def forward(self, images: UInt8[Tensor, "b h w c"]) -> Float[Tensor, "b k"]:
        """Return the weighted mean of the logits of the views."""
        seen = views(images, self._params)
        parts = [self.network(view.images) * view.weight for view in seen]
        return torch.stack(parts).sum(0)


def shift(images: UInt8[Tensor, "b h w c"], step: int) -> UInt8[Tensor, "b h w c"]:
    """Move images up and left by `step` pixels; the edge is filled with their reflection."""
    rows, columns = (_reflected(size, step, images.device) for size in images.shape[1:3])
    return images[:, rows][:, :, columns]


def _mirrored(images: UInt8[Tensor, "b h w c"], weight: float) -> Iterator[View]:
    yield View(images, weight / 2)
    yield View(images.flip(2), weight / 2)


def _reflected(size: int, step: int, device: torch.device) -> Tensor:
    """Return the indices 0 to size - 1 moved by `step`, and reflected at the ends."""
    places = (torch.arange(size, device=device) + step).abs()
    return size - 1 - (size - 1 - places).abs()
