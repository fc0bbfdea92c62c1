"""The head of a network: what is made anew when the classes are others."""

from torch import nn


def head(network: nn.Module) -> nn.Module:
    """Return the last layer that has weights of its own, in the order in which layers are made."""
    layers = (layer for layer in network.modules() if [*layer.parameters(recurse=False)])
    return [network, *layers][-1]
