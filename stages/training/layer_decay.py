"""Layer-wise decay of the learning rate: the nearer to the image, the less a layer moves.

As for ELECTRA (Clark et al. 2020) and BEiT (Bao et al. 2022): fine-tuned, the first layers, which
see what all images share, keep most of what they know.
"""

from collections.abc import Iterator

from pydantic import Field
from torch import nn

from stages.params import Params

CONTAINERS = nn.Sequential, nn.ModuleList, nn.ModuleDict


class LayerDecay(Params):
    """Parameters of layer-wise decay."""

    layer_decay: float = Field(
        gt=0, le=1, description="learning rate of a layer, as a share of the next one's; 1: off"
    )


def rate_shares(network: nn.Module, params: LayerDecay) -> dict[nn.Parameter, float]:
    """Return the share of the learning rate that each weight gets: 1 in the last layer."""
    ids = layer_ids(network)
    last = max(ids.values(), default=0)
    return {weight: params.layer_decay ** (last - number) for weight, number in ids.items()}


def layer_ids(network: nn.Module) -> dict[nn.Parameter, int]:
    """Number the layers, from 0 at the image, and return that of each weight.

    A network of timm says itself what its layers are. Else a layer is a block, or a bare layer that
    has filters or a matrix; norms belong to the one before, tokens and positions to the first.
    """
    if callable(matcher := getattr(network, "group_matcher", None)):
        from timm.models import group_parameters  # noqa: PLC0415  # takes seconds

        named = group_parameters(network, matcher(coarse=False), reverse=True)
        last = max(named.values())
        return {weight: named.get(name, last) for name, weight in network.named_parameters()}
    found, number = dict[nn.Parameter, int](), -1
    for block in _blocks(network):
        number += any(weight.ndim > 1 for weight in block.parameters())
        for weight in block.parameters():
            found.setdefault(weight, max(0, number))
    return {weight: found.get(weight, 0) for weight in network.parameters()}


def remarks(network: nn.Module, params: LayerDecay) -> Iterator[str]:
    """Warn where there is nothing to decay."""
    if params.layer_decay < 1 and not any(layer_ids(network).values()):
        yield (
            f"train.layer_decay is {params.layer_decay:g}, but the network is a single layer: it "
            "changes nothing"
        )


def _blocks(module: nn.Module) -> Iterator[nn.Module]:
    """Yield blocks and bare layers in the order in which they are made."""
    for child in module.children():
        if isinstance(child, CONTAINERS) or _is_trunk(child):
            yield from _blocks(child)
        else:
            yield child


def _is_trunk(module: nn.Module) -> bool:
    """Tell whether a module lists blocks, as the encoder of torchvision's ViT does.

    Two may be a branch of an Inception block, which is one layer.
    """
    lists = [child for child in module.children() if isinstance(child, CONTAINERS)]
    return any(sum(map(_is_block, each.children())) > 2 for each in lists)


def _is_block(module: nn.Module) -> bool:
    return bool([*module.children()]) and not isinstance(module, CONTAINERS)
