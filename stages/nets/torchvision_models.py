"""Architectures of torchvision, adapted to the images and classes."""

from typing import Literal

import torch
from pydantic import Field
from torch import nn

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages import mistakes
from stages.errors import UserError
from stages.nets import introspection
from stages.nets.interface import Interface
from stages.nets.introspection import convolutions, rechannel
from stages.nets.layers import AdaptiveAverage
from stages.params import Params

SMALL = 64  # pixels; ImageNet's stems leave a 16th of the positions before the first block


class Torchvision(Params):
    """Parameters of torchvision's architectures."""

    architecture: str = Field(
        min_length=1,
        max_length=100,
        description="name in torchvision, such as resnet18 or vit_b_16 (torchvision)",
    )
    stem: Literal["auto", "imagenet", "small"] = Field(
        description="first layers as published, or without their stride and pool; "
        f"auto: small below {SMALL} pixels (torchvision)"
    )


def build(params: Torchvision, interface: Interface) -> nn.Module:
    """Return an architecture with random weights and a logit for each class.

    Raises:
        UserError: torchvision has no such architecture, or its layers do not take the images.
    """
    _require_classification(params.architecture)
    try:
        network = _published(params.architecture, interface)
        _fit_channels(network, interface.channels)
        if _is_small(params, interface):
            _keep_resolution(network)
        _replace_pool(network, interface)
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


def _require_classification(name: str) -> None:
    """Refuse architectures that torchvision does not have, or not for classification."""
    from torchvision import models  # noqa: PLC0415  # takes seconds

    known = models.list_models(module=models)
    if name in known:
        return
    remedy = mistakes.nearest(name, known)
    if name in models.list_models():
        raise UserError(
            f"params.yaml: train.architecture {name} does not classify images; {remedy}"
        )
    raise UserError(f"params.yaml: train.architecture {name} is unknown to torchvision; {remedy}")


def _published(name: str, interface: Interface) -> nn.Module:
    """Return the architecture for 3 channels, without the auxiliary heads that two have."""
    from torchvision import models  # noqa: PLC0415  # as above

    options: dict[str, object] = {}
    if name.startswith("vit_"):
        options = {"image_size": interface.height}
    elif name.startswith("maxvit_"):
        options = {"input_size": (interface.height, interface.width)}
    elif name in {"googlenet", "inception_v3"}:
        options = {"aux_logits": False, "init_weights": True}
    network: nn.Module = models.get_model(
        name, weights=None, num_classes=len(interface.classes), **options
    )
    return network


def _fit_channels(network: nn.Module, channels: int) -> None:
    """Adapt the first convolution to the channels; its response to grey stays."""
    _, first = next(convolutions(network))
    if channels != first.in_channels:
        first.in_channels = channels
        first.weight = nn.Parameter(rechannel(first.weight.detach(), channels))


def _is_small(params: Torchvision, interface: Interface) -> bool:
    if params.architecture.startswith("maxvit_"):  # made for one resolution of every block
        return False
    small = min(interface.height, interface.width) < SMALL
    return params.stem == "small" or (params.stem == "auto" and small)


def _keep_resolution(network: nn.Module) -> None:
    """Remove the stride of a first convolution whose windows overlap, and the first pool.

    Patches side by side, as of a ViT, stay: without a stride, each pixel would become a patch.
    """
    _, first = next(convolutions(network))
    if 1 < first.stride[0] < first.kernel_size[0]:
        first.stride = (1, 1)
        layers = network.named_modules()
        for pool in [name for name, layer in layers if isinstance(layer, nn.MaxPool2d)][:1]:
            network.set_submodule(pool, nn.Identity())


def _replace_pool(network: nn.Module, interface: Interface) -> None:
    """Replace the adaptive pool of AlexNet and VGG by a deterministic one, or by the identity."""
    match getattr(network, "avgpool", None):
        case nn.AdaptiveAvgPool2d(output_size=(int(rows), int(columns))) if rows * columns > 1:
            images = torch.zeros(1, interface.channels, interface.height, interface.width)
            with torch.no_grad():
                features = network.eval().get_submodule("features")(images)
            pooled = AdaptiveAverage(features.shape[2:], (rows, columns))
            same = features.shape[2:] == (rows, columns)
            network.set_submodule("avgpool", nn.Identity() if same else pooled)
