"""The first convolution of a network: what images of other channels and sizes meet first."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor, nn


def convolutions(network: nn.Module) -> Iterator[tuple[str, nn.Conv2d]]:
    """Yield name and layer in the order in which layers are made: first the one images meet."""
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            yield name, layer


def rechannel(filters: Float[Tensor, "o i h w"], channels: int) -> Float[Tensor, "o c h w"]:
    """Return filters for images of `channels` channels that answer to grey as the given ones do.

    For one channel it is their sum, as grey is the same in all.
    """
    return filters.sum(1, keepdim=True).expand(-1, channels, -1, -1) / channels
