"""Build a network from its parameters."""

from collections.abc import Callable
from typing import Literal, get_args

from pydantic import Field, field_validator
from torch import nn

from stages.nets import introspection, timm_models, torchvision_models
from stages.nets.architecture import Architecture
from stages.nets.cnn import Cnn, Convolutional
from stages.nets.custom import Custom
from stages.nets.interface import Interface
from stages.nets.lenet import Lenet
from stages.nets.mlp import Mlp
from stages.nets.resnet_small import ResnetSmall
from stages.nets.speednet import Speednet


class Network(Convolutional, Architecture):
    """Parameters of the network; descriptions name in brackets the networks that have them."""

    network: Literal[
        "mlp", "cnn", "lenet", "resnet_small", "speednet", "torchvision", "timm", "custom"
    ] = Field(description="family of networks; custom is yours, in stages/nets/custom.py")

    @field_validator("network", mode="before")
    @classmethod
    def _name_no_architecture(cls, found: object) -> object:
        families = get_args(cls.model_fields["network"].annotation)
        if isinstance(found, str) and found not in families and (has := _library(found)):
            raise ValueError(
                f"network {found} is an architecture of {has}; set network to {has} and "
                f"architecture to {found}"
            )
        return found


def _library(architecture: str) -> str | None:
    """Return the library that has an architecture."""
    from torchvision import models  # noqa: PLC0415  # takes seconds, and so does timm

    if architecture in models.list_models(module=models):
        return "torchvision"
    return "timm" if timm_models.has(architecture) else None


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
        "timm": lambda: timm_models.build(params, interface),
        "custom": lambda: introspection.require_trial(
            Custom(interface), interface, "stages/nets/custom.py"
        ),
    }
    return builders[params.network]()
