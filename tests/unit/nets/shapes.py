"""Networks by their parameters, for images of any shape."""

from torch import nn
from toys import NETWORK

from stages.nets import network
from stages.nets.interface import Interface


def shape(channels: int, height: int, width: int, classes: int = 10) -> Interface:
    """Return what describes images of a shape."""
    values = {
        "channels": channels,
        "height": height,
        "width": width,
        "classes": tuple(map(str, range(classes))),
        "resize": "crop",
        "interpolation": "bilinear",
        "mean": (0.5,) * channels,
        "std": (0.25,) * channels,
    }
    return Interface.model_validate(values)


def built(interface: Interface, **params: object) -> nn.Module:
    """Return a network; parameters that are not named are those of the toys."""
    return network.build(NETWORK.model_copy(update=params), interface)


def weights(module: nn.Module) -> int:
    """Count what can be trained."""
    return sum(weight.numel() for weight in module.parameters())
