"""A look at what a network makes of images, before anybody waits for it."""

import torch
from torch import Tensor, nn

from stages.errors import UserError
from stages.nets.interface import Interface

COUNT = 2  # one image would hide a batch that was summed away


def logits(network: nn.Module, interface: Interface) -> object:
    """Return what the network makes of black images as it does when evaluating."""
    images = torch.zeros(COUNT, interface.channels, interface.height, interface.width)
    with torch.no_grad():
        found = network.eval()(images)
    network.train()
    return found


def confirm(network: nn.Module, interface: Interface, path: str) -> nn.Module:
    """Return the network, if it gives a logit for every class.

    Raises:
        UserError: it does not; `path` is the file to mend.
    """
    found, shape = logits(network, interface), (COUNT, len(interface.classes))
    if isinstance(found, Tensor) and found.is_floating_point() and found.shape == shape:
        return network
    returned = f"{found.dtype} {[*found.shape]}" if isinstance(found, Tensor) else type(found)
    raise UserError(
        f"{path}: forward must return a logit for every image and class, which for {COUNT} images "
        f"is float {[*shape]}; it returned {returned}"
    )
