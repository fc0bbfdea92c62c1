"""Layer-wise decay of the learning rate: the nearer to the image, the less a layer moves.

As for ELECTRA (Clark et al. 2020) and BEiT (Bao et al. 2022): fine-tuned, the first layers, which
see what all images share, keep most of what they know.
"""

from collections.abc import Iterator

from pydantic import Field
from torch import nn

from stages.nets.introspection import blocks
from stages.params import Params


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
    for block in blocks(network):
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
