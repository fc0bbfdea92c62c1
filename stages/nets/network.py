"""Build a network from its parameters."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field
from torch import nn

from stages.nets import introspection, torchvision_models
from stages.nets.cnn import Cnn, Convolutional
from stages.nets.custom import Custom
from stages.nets.interface import Interface
from stages.nets.lenet import Lenet
from stages.nets.mlp import Mlp
from stages.nets.resnet_small import ResnetSmall
from stages.nets.speednet import Speednet
from stages.nets.torchvision_models import Torchvision


class Network(Convolutional, Torchvision):
    """Parameters of the network; descriptions name in brackets the networks that have them."""

    network: Literal["mlp", "cnn", "lenet", "resnet_small", "speednet", "torchvision", "custom"] = (
        Field(description="family of networks; custom is yours, in stages/nets/custom.py")
    )


def build(params: Network, interface: Interface) -> nn.Module:
    """Return a network with random weights from torch's global seed.

    It maps normalised images, float [B, C, H, W], best channels-last in memory, to logits [B, K].

    Raises:
        UserError: the network does not take the images, or the custom one returns no logits.
    """
    builders: dict[str, Callable[[], nn.Module]] = {
        "mlp": lambda: Mlp(params, interface),
        "cnn": lambda: Cnn(params, interface),
        "lenet": lambda: Lenet(interface),
        "resnet_small": lambda: ResnetSmall(params.filters, interface),
        "speednet": lambda: Speednet(params.filters, interface),
        "torchvision": lambda: torchvision_models.build(params, interface),
        "custom": lambda: introspection.require_trial(
            Custom(interface), interface, "stages/nets/custom.py"
        ),
    }
    return builders[params.network]()
