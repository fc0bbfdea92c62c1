"""Feature maps: the outputs of the first layers of a network for some images.

A layer is known by the file of torch or timm that it, or a class it inherits from, is written in. A
function that `forward` calls, as F.relu, is no layer, and is not seen.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from math import prod
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stages.training.accumulation import Images

KINDS = {
    "torch.nn.modules.conv": "convolution",
    "torch.nn.modules.batchnorm": "normalisation",
    "torch.nn.modules.instancenorm": "normalisation",
    "torch.nn.modules.normalization": "normalisation",
    "timm.layers.norm": "normalisation",
    "timm.layers.norm_act": "normalisation, activation",
    "torch.nn.modules.activation": "activation",
    "timm.layers.activations": "activation",
    "torch.nn.modules.pooling": "pooling",
}
BOTH = KINDS["timm.layers.norm_act"]  # in one layer
WEIGHTS = "weights"  # the kind of a Linear layer, in place of maps
# Of attention: between places, not of a place.
ATTENTION = nn.Softmax, nn.Softmax2d, nn.LogSoftmax, nn.MultiheadAttention
PREFIX = 8  # tokens before those of places, at most: of the class, and registers


class FirstLayer(NamedTuple):
    """The first layer of a kind, and what it makes of each image."""

    kind: str  # a value of KINDS, or WEIGHTS
    name: str  # in the network
    type: str
    maps: Float[Tensor, "b f y x"]  # or [1, U, H, W]: the weights of U units


class Uncompiled(NamedTuple):
    """Normalisation and network as modules that are not compiled, so that hooks run."""

    normalize: nn.Module
    network: nn.Module


def first_layers(parts: Uncompiled, images: Images) -> Sequence[FirstLayer]:
    """Return the first layer of each kind whose output are maps, in the order in which they run.

    Where there is none, return the Linear layer that weighs the pixels, if there is one. A copy
    runs on the CPU: neither weights, modes and statistics nor the next random number change.
    """
    normalize, network = (deepcopy(part).cpu().eval() for part in parts)
    with torch.no_grad(), torch.random.fork_rng([]):
        pixels = normalize(images.cpu())
        seen = FirstLayers(pixels, {layer: name for name, layer in network.named_modules()})
        for layer in _shown(network):
            layer.register_forward_hook(seen.note)
        network(pixels)
    layers = [one for one in seen.found.values() if one.kind != WEIGHTS]
    return layers or [*seen.found.values()]


class FirstLayers:
    """The first layers of a network that was given pixels."""

    def __init__(self, pixels: Float[Tensor, "b c h w"], names: Mapping[nn.Module, str]) -> None:
        self.found = dict[str, FirstLayer]()  # by kind
        self._pixels, self._names = pixels, names

    def note(self, layer: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        """Keep what a layer made, if it is the first of its kind with maps; for use as a hook."""
        if (kind := _kind(layer)) in self.found:
            return
        if isinstance(layer, nn.Linear):
            maps = as_filters(layer, next(iter(inputs), None), self._pixels)
        else:
            maps = as_maps(output, _grid(self.found), len(self._pixels))
        if maps is not None:
            # A copy, as the layer behind may write in place.
            found = FirstLayer(kind, self._names[layer], type(layer).__name__, maps.clone())
            self.found[kind] = found


def as_filters(
    layer: nn.Linear, features: object, pixels: Float[Tensor, "b c h w"]
) -> Float[Tensor, "1 u h w"] | None:
    """Return the weights of a layer for the pixels, if these are its input; None otherwise.

    Of several channels it is the sum of the weights: the response to grey.
    """
    if isinstance(features, Tensor) and torch.equal(features, pixels.flatten(1)):
        filters: Tensor = layer.weight.unflatten(1, pixels.shape[1:]).sum(1)[None]
        return filters
    return None


def as_maps(
    output: object, grid: tuple[int, int] | None, images: int
) -> Float[Tensor, "b f y x"] | None:
    """Return the output of a layer as maps, or None if it has none of more than one position.

    It is [B, F, Y, X]; or, on the grid [Y, X] of the first convolution, [B, Y, X, F], or tokens
    [B, N, F], as in a transformer, the first of which may belong to no place.
    """
    if not isinstance(output, Tensor) or output.ndim not in {3, 4} or len(output) != images:
        return None
    maps: Tensor = output
    if output.ndim == 4 and output.shape[1:3] == grid and output.shape[2:] != grid:
        maps = output.permute(0, 3, 1, 2)
    if output.ndim == 3:
        if grid is None or not 0 <= output.shape[1] - prod(grid) <= PREFIX:
            return None
        maps = output[:, -prod(grid) :].transpose(1, 2).unflatten(2, grid)
    return maps if maps.shape[2] * maps.shape[3] > 1 else None


def _grid(found: dict[str, FirstLayer]) -> tuple[int, int] | None:
    """Return rows and columns of the maps of the first convolution."""
    first = found.get("convolution")
    return (first.maps.shape[2], first.maps.shape[3]) if first else None


def _kind(layer: nn.Module) -> str:
    """Return the kind of a layer, or an empty text."""
    weight = getattr(layer, "weight", None)
    if isinstance(weight, Tensor) and weight.ndim == 4:
        return "convolution"  # of the project's own making, too, as the whitening of speednet
    if isinstance(layer, nn.Linear):
        return WEIGHTS
    if isinstance(layer, ATTENTION):
        return ""
    files = (base.__module__ for base in type(layer).__mro__)
    kind = next((KINDS[file] for file in files if file in KINDS), "")
    return "normalisation" if kind == BOTH and not _activates(layer) else kind


def _activates(layer: nn.Module) -> bool:
    """Tell whether one of timm's layers of norm and activation has an activation."""
    return not isinstance(getattr(layer, "act", None), nn.Identity | None)


def _shown(network: nn.Module) -> list[nn.Module]:
    """Return the layers of some kind, but for those within a layer of norm and activation."""
    wholes = [layer for layer in network.modules() if _kind(layer) == BOTH]
    inner = {part for whole in wholes for part in whole.modules()} - {*wholes}
    return [layer for layer in network.modules() if _kind(layer) and layer not in inner]
