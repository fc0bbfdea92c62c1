"""Architectures that a library publishes, adapted to the images and classes."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field
from torch import nn

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages.errors import UserError
from stages.nets import introspection
from stages.nets.interface import Interface
from stages.nets.introspection import convolutions, rechannel
from stages.params import Params

SMALL = 64  # pixels; ImageNet's stems leave a 16th of the positions before the first block


class Architecture(Params):
    """Parameters of published architectures."""

    architecture: str = Field(
        min_length=1,
        max_length=100,
        description="name in the library, such as resnet18 or vit_b_16 (torchvision, timm)",
    )
    stem: Literal["auto", "imagenet", "small"] = Field(
        description="first layers as published, or without their stride and pool; "
        f"auto: small below {SMALL} pixels (torchvision, timm)"
    )
    drop_path: float = Field(
        ge=0,
        lt=1,
        description="share of the images that skip a residual branch, rising to this in the last "
        "block (timm)",
    )


def tried(params: Architecture, interface: Interface, make: Callable[[], nn.Module]) -> nn.Module:
    """Return what `make` returns, if it takes the images.

    Raises:
        UserError: its layers do not take them.
    """
    try:
        network = make()
        introspection.trial_logits(network, interface)
    except (AssertionError, RuntimeError, ValueError) as error:  # whatever its layers refuse
        if lacking(error):
            raise
        reason = first_line(error)
        raise UserError(
            f"params.yaml: train.architecture {params.architecture} does not take images of "
            f"{interface.height} x {interface.width} pixels ({reason}); change "
            "preprocess.image_size, or choose another train.stem or train.architecture"
        ) from error
    return network


def fit_channels(network: nn.Module, channels: int) -> None:
    """Adapt the first convolution to the channels; its response to grey stays."""
    _, first = next(convolutions(network))
    if channels != first.in_channels:
        first.in_channels = channels
        first.weight = nn.Parameter(rechannel(first.weight.detach(), channels))


def is_small(params: Architecture, interface: Interface) -> bool:
    """Tell whether the first layers should keep the resolution."""
    small = min(interface.height, interface.width) < SMALL
    return params.stem == "small" or (params.stem == "auto" and small)


def keep_resolution(network: nn.Module) -> None:
    """Remove the stride of a first convolution whose windows overlap, and the first pool.

    Patches side by side, as of a ViT, stay: without a stride, each pixel would become a patch.
    """
    _, first = next(convolutions(network))
    if 1 < first.stride[0] < first.kernel_size[0]:
        first.stride = (1, 1)
        layers = network.named_modules()
        for pool in [name for name, layer in layers if isinstance(layer, nn.MaxPool2d)][:1]:
            network.set_submodule(pool, nn.Identity())
