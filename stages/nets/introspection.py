"""Find the convolutions and the head of a network, and try it on images."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stages.errors import UserError
from stages.nets.interface import Interface

LISTS = nn.Sequential, nn.ModuleList, nn.ModuleDict


def head(network: nn.Module) -> nn.Module:
    """Return the last layer that has weights of its own, in the order in which layers are made."""
    layers = (layer for layer in network.modules() if [*layer.parameters(recurse=False)])
    return [network, *layers][-1]


def convolutions(network: nn.Module) -> Iterator[tuple[str, nn.Conv2d]]:
    """Yield name and layer in the order in which layers are made: the first takes the images."""
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            yield name, layer


def rechannel(filters: Float[Tensor, "o i h w"], channels: int) -> Float[Tensor, "o c h w"]:
    """Return filters for other channels, whose response to grey images is the same.

    For one channel it is their sum, as grey is the same in all.
    """
    return filters.sum(1, keepdim=True).expand(-1, channels, -1, -1) / channels


def blocks(module: nn.Module) -> Iterator[nn.Module]:
    """Yield blocks and bare layers in the order in which they are made."""
    for child in module.children():
        if lists_blocks(child):
            yield from blocks(child)
        else:
            yield child


def lists_blocks(module: nn.Module) -> bool:
    """Tell whether a module is a list, or has one of blocks as the encoder of torchvision's ViT.

    A list of two in it may be a branch of an Inception block, which is one.
    """
    lists = [child for child in module.children() if isinstance(child, LISTS)]
    return isinstance(module, LISTS) or any(
        sum(bool([*one.children()]) and not isinstance(one, LISTS) for one in each.children()) > 2
        for each in lists
    )


COUNT = 2  # images; one would not show that the batch dimension was lost


def trial_logits(network: nn.Module, interface: Interface) -> object:
    """Return the output of the network for black images, in evaluation mode."""
    images = torch.zeros(COUNT, interface.channels, interface.height, interface.width)
    with torch.no_grad():
        found = network.eval()(images)
    network.train()
    return found


def require_trial(network: nn.Module, interface: Interface, path: str) -> nn.Module:
    """Return the network, if it returns a logit for every image and class.

    Raises:
        UserError: it does not; `path` is the file to correct.
    """
    found, shape = trial_logits(network, interface), (COUNT, len(interface.classes))
    if isinstance(found, Tensor) and found.is_floating_point() and found.shape == shape:
        return network
    returned = f"{found.dtype} {[*found.shape]}" if isinstance(found, Tensor) else type(found)
    raise UserError(
        f"{path}: forward must return a logit for every image and class, which for {COUNT} images "
        f"is float {[*shape]}; it returned {returned}"
    )
