"""From parameters to a network."""

from pydantic import Field, PositiveInt
from torch import nn

from stages.nets.cnn import Cnn
from stages.params import Params


class Network(Params):
    """Parameters of the architecture."""

    width: PositiveInt = Field(description="filters of the first convolution")


def build(params: Network, channels: int, classes: int) -> nn.Module:
    """Return a network with fresh weights; it maps float [B, C, H, W] to logits [B, K]."""
    return Cnn(channels, classes, params.width)
