"""Convolutional networks without branches."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from jaxtyping import Float
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from stages.nets.interface import Interface, require
from stages.nets.mlp import Dense, activation, dense


class Convolutional(Dense):
    """Parameters of the convolutions."""

    filters: tuple[PositiveInt, ...] = Field(
        min_length=1, description="filters of each block (cnn, resnet_small, speednet)"
    )
    kernel: Literal[1, 3, 5, 7, 9, 11] = Field(description="side of the filters, in pixels (cnn)")
    norm: Literal["none", "batch"] = Field(description="what follows a convolution (cnn)")
    readout: Literal["flatten", "mean"] = Field(
        description="what the layers behind the last block see: all positions or their mean (cnn)"
    )


class Cnn(nn.Module):
    """Blocks that halve the resolution, then fully connected layers.

    A maximum over 2 x 2 positions ends each block; for the last, `readout: mean` takes its place.
    """

    def __init__(self, params: Convolutional, interface: Interface) -> None:
        """Build fresh weights.

        Raises:
            UserError: the images are too small for so many blocks.
        """
        super().__init__()
        mean, side = params.readout == "mean", 2 ** len(params.filters)
        require(interface, side // 2 if mean else side, "cnn")
        positions = 1 if mean else (interface.height // side) * (interface.width // side)
        *blocks, pool = convolutions(params, interface.channels)
        self.body = nn.Sequential(*blocks, Mean() if mean else pool, nn.Flatten())
        widths = params.filters[-1] * positions, *params.hidden, len(interface.classes)
        *layers, self.head = dense(widths, params)
        self.neck = nn.Sequential(nn.Dropout(params.dropout), *layers)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Map normalised images to logits."""
        logits: Tensor = self.head(self.neck(self.body(images)))
        return logits


class Mean(nn.Module):
    """The mean over all positions."""

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c"]:
        """Return one number a filter."""
        return features.mean((2, 3))


def convolutions(params: Convolutional, channels: int) -> Iterator[nn.Module]:
    """Yield the layers of all blocks, each with a pool at its end."""
    normalised = params.norm == "batch"
    for inputs, outputs in pairwise((channels, *params.filters)):
        # A norm has a bias of its own.
        yield nn.Conv2d(
            inputs, outputs, params.kernel, padding=params.kernel // 2, bias=not normalised
        )
        if normalised:
            yield nn.BatchNorm2d(outputs)
        yield activation(params)
        yield nn.MaxPool2d(2)
