"""Architectures of timm, adapted to the images and classes."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from stages import installing, mistakes
from stages.errors import UserError
from stages.nets.architecture import Architecture, is_small, keep_resolution, tried
from stages.nets.interface import Interface

LAYERS = nn.Linear, nn.Conv2d  # that heads are made of


def build(params: Architecture, interface: Interface) -> nn.Module:
    """Return an architecture with random weights and a logit for each class.

    Raises:
        UserError: timm is absent, has no such architecture for classification, or its layers do
            not take the images.
    """
    require_known(params.architecture)
    return tried(params, interface, lambda: _adapted(params, interface))


def create(
    architecture: str, size: tuple[int, int], options: Mapping[str, Any]
) -> tuple[nn.Module, bool]:
    """Return an architecture for images [H, W], and whether it is made for their size alone."""
    import timm  # noqa: PLC0415  # takes seconds

    try:
        return timm.create_model(architecture, **options, img_size=size), True
    except TypeError as error:
        if "img_size" not in str(error):
            raise
    return timm.create_model(architecture, **options), False


def require_known(architecture: str) -> None:
    """Refuse names that timm does not have.

    Raises:
        UserError: it has no such architecture, or no such weights of it, or is not installed.
    """
    installing.require("timm", "timm", "params.yaml: train.network timm")
    import timm  # noqa: PLC0415  # as above

    name, dot, tag = architecture.partition(".")
    if not timm.is_model(name) or (dot and not tag):
        remedy = mistakes.nearest(name, timm.list_models())
        shown = mistakes.short(architecture)
        raise UserError(f"params.yaml: train.architecture {shown} is unknown to timm; {remedy}")
    tags = [one.partition(".")[2] for one in timm.list_pretrained(f"{name}.*")]
    if tag and tag not in tags:
        has = f"has {', '.join(tags)}" if tags else "has none"
        raise UserError(
            f"params.yaml: train.architecture {architecture} names weights {tag}, but timm {has} "
            f"of {name}; leave the tag out, or take one that it has"
        )


def has(architecture: str) -> bool:
    """Tell whether timm is here and has an architecture."""
    try:
        import timm  # noqa: PLC0415  # as above
    except ModuleNotFoundError:
        return False
    return bool(timm.is_model(architecture))


def _adapted(params: Architecture, interface: Interface) -> nn.Module:
    size = interface.height, interface.width
    options = {"num_classes": len(interface.classes), "in_chans": interface.channels}
    rate = {"drop_path_rate": params.drop_path} if params.drop_path else {}
    try:
        network, sized = create(params.architecture, size, options | rate)
    except TypeError as error:
        if "drop_path_rate" not in str(error):
            raise
        raise UserError(
            f"params.yaml: train.architecture {params.architecture} has no branches to drop; set "
            "train.drop_path to 0"
        ) from error
    _require_one_head(params, network, len(interface.classes))
    if is_small(params, interface) and not sized:
        keep_resolution(network)
    return network


def _require_one_head(params: Architecture, network: nn.Module, classes: int) -> None:
    """Refuse encoders, and what averages several heads.

    Raises:
        UserError: it does not classify, or has not one layer that gives the logits.
    """
    found = getattr(network, "get_classifier", lambda: None)()
    parts = found if isinstance(found, tuple) else (found,)
    within = [layer for part in parts if part is not None for layer in part.modules()]
    heads = [one for one in within if isinstance(one, LAYERS) and one.weight.shape[0] == classes]
    if len(heads) != 1:
        why = f"has {len(heads)} heads" if heads else "does not classify images"
        raise UserError(
            f"params.yaml: train.architecture {params.architecture} {why}; choose another"
        )
