"""Architectures of torchvision, adapted to the images and classes."""

import torch
from torch import nn

from stages import mistakes
from stages.errors import UserError
from stages.nets.architecture import Architecture, fit_channels, is_small, keep_resolution, tried
from stages.nets.interface import Interface
from stages.nets.layers import AdaptiveAverage


def build(params: Architecture, interface: Interface) -> nn.Module:
    """Return an architecture with random weights and a logit for each class.

    Raises:
        UserError: torchvision has no such architecture, or its layers do not take the images.
    """
    _require_classification(params.architecture)
    return tried(params, interface, lambda: _adapted(params, interface))


def _adapted(params: Architecture, interface: Interface) -> nn.Module:
    network = _published(params.architecture, interface)
    fit_channels(network, interface.channels)
    # Of MaxViT, every block is made for one resolution.
    if is_small(params, interface) and not params.architecture.startswith("maxvit_"):
        keep_resolution(network)
    _replace_pool(network, interface)
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
