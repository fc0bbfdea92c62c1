"""Convolutional networks without branches."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from stages.nets.interface import Interface, require
from stages.nets.mlp import Dense, activation, dense

NOT_MONOTONIC = {"gelu", "silu"}


class Convolutional(Dense):
    """Parameters of convolutional networks."""

    filters: tuple[Annotated[int, Field(ge=1, le=65_536)], ...] = Field(
        min_length=1,
        max_length=1000,
        description="filters of each block (cnn, resnet_small, speednet)",
    )
    kernel: Literal[1, 3, 5, 7, 9, 11] = Field(description="side of the filters, in pixels (cnn)")
    norm: Literal["none", "batch"] = Field(description="normalisation after each convolution (cnn)")
    readout: Literal["flatten", "mean"] = Field(
        description="output of the last block: all positions, or their mean (cnn)"
    )


class Cnn(nn.Module):
    """Blocks that halve the resolution, then fully connected layers.

    A maximum over 2 x 2 positions ends each block; for the last, `readout: mean` takes its place.
    """

    def __init__(self, params: Convolutional, interface: Interface) -> None:
        """Build random weights.

        Raises:
            UserError: the images are too small for so many blocks.
        """
        super().__init__()
        mean, side = params.readout == "mean", 2 ** len(params.filters)
        require(interface, side // 2 if mean else side, "cnn")
        positions = 1 if mean else (interface.height // side) * (interface.width // side)
        self.body = nn.Sequential(*convolutions(params, interface.channels), nn.Flatten())
        widths = params.filters[-1] * positions, *params.hidden, len(interface.classes)
        *layers, head = dense(widths, params)
        self.neck = nn.Sequential(nn.Dropout(params.dropout), *layers)
        self.head = head  # last, by which it is found

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Map normalised images to logits."""
        logits: Tensor = self.head(self.neck(self.body(images)))
        return logits


class Mean(nn.Module):
    """Global average pooling."""

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c"]:
        """Return the mean of each channel."""
        return features.mean((2, 3))


def convolutions(params: Convolutional, channels: int) -> Iterator[nn.Module]:
    """Yield the layers of all blocks, each with a pool or a mean at its end."""
    normalised = params.norm == "batch"
    for number, (inputs, outputs) in enumerate(pairwise((channels, *params.filters)), 1):
        # The norm has the bias.
        yield nn.Conv2d(
            inputs, outputs, params.kernel, padding=params.kernel // 2, bias=not normalised
        )
        if normalised:
            yield nn.BatchNorm2d(outputs)
        last = params.readout == "mean" and number == len(params.filters)
        yield from _ending(params, Mean() if last else nn.MaxPool2d(2))


def _ending(params: Convolutional, pool: nn.Module) -> tuple[nn.Module, nn.Module]:
    """Return activation and pool in the order that is faster, if both give the same."""
    if isinstance(pool, nn.MaxPool2d) and params.activation not in NOT_MONOTONIC:
        return pool, activation(params)  # monotonic: a quarter of the work
    return activation(params), pool
