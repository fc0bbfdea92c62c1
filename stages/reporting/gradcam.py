"""Grad-CAM: heat maps of what speaks for a class (Selvaraju et al. 2017, arXiv 1610.02391)."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor, nn

COLD, WARM, HOT = (49, 54, 149), (254, 224, 144), (215, 48, 39)  # RGB of heat 0, 1/2 and 1
OPACITY = 0.6  # of the heat where it is highest


PREFIX = 8  # tokens before those of places, at most: of the class, and registers


class LayerOutput(NamedTuple):
    """A layer, and the shape of what it returned in one run."""

    layer: nn.Module
    shape: torch.Size  # [1, F, Y, X], which tells apart several calls of the layer
    grid: tuple[int, int] | None = None  # Y and X, where it is tokens [1, N, F], or [1, Y, X, F]

    def as_maps(self, output: Tensor) -> Float[Tensor, "b f y x"]:
        """Return what the layer returned as maps, without tokens that belong to no place."""
        if self.grid is None:
            return output
        rows, columns = self.grid
        places = output.flatten(1, -2)[:, -rows * columns :]
        maps: Tensor = places.transpose(1, 2).unflatten(2, (rows, columns))
        return maps


def heat_maps(
    network: nn.Module, images: UInt8[np.ndarray, "b h w c"], labels: Int64[np.ndarray, " b"]
) -> Float32[np.ndarray, "b h w"] | None:
    """Return for each pixel in [0, 1] how much it speaks for the label.

    None if there is no convolution, or no image. The network maps uint8 [B, H, W, C] to logits; a
    copy of it runs on the CPU, so that its weights, mode and gradients stay as they are, and every
    layer has a deterministic backward pass.
    """
    copied, pixels = copy.deepcopy(network).cpu().eval(), torch.from_numpy(images)
    place = last_maps(copied, pixels[:1]) if len(images) else None
    if place is None:
        return None
    maps, slopes = _activations(copied, place, pixels, torch.from_numpy(labels))
    weights = slopes.mean((2, 3), keepdim=True)  # eq. 1
    heat = (weights * maps).sum(1, keepdim=True).relu()  # eq. 2; [B, 1, H', W']
    sized: Tensor = F.interpolate(heat, pixels.shape[1:3], mode="bilinear")[:, 0]
    highest = sized.amax((1, 2), keepdim=True)
    # All 0 where nothing speaks for the label, or the network diverged.
    scaled: np.ndarray = (sized / highest.where(highest > 0, 1)).nan_to_num(0).numpy()
    return scaled


def last_maps(network: nn.Module, image: UInt8[Tensor, "1 h w c"]) -> LayerOutput | None:
    """Return the layer whose output are the last convolution's maps, after its norm and activation.

    A convolution whose output is 1 x 1, as in squeeze and excitation, has no resolution, and a
    strided 1 x 1, as in the shortcut of a residual block, skips pixels: they count only if there
    is no other. Of a transformer, whose one convolution makes patches, it is a layer norm.
    """
    ran: list[tuple[bool, LayerOutput]] = []
    patched = list[bool]()

    def note(layer: nn.Module, _: object, maps: object) -> None:
        if isinstance(maps, Tensor) and isinstance(layer, nn.Conv2d):
            skips = max(layer.kernel_size) < max(layer.stride)
            patched.append(max(layer.kernel_size) == max(layer.stride) > 1)
            ran.append(
                (maps.shape[2] * maps.shape[3] > 1 and not skips, LayerOutput(layer, maps.shape))
            )
        elif isinstance(maps, Tensor) and ran and maps.shape == ran[-1][1].shape:
            ran[-1] = ran[-1][0], LayerOutput(layer, maps.shape)

    hooks = [layer.register_forward_hook(note) for layer in network.modules()]
    with torch.inference_mode():
        network(image)
    for hook in hooks:
        hook.remove()
    found = [place for suits, place in ran if suits] or [place for _, place in ran]
    if patched == [True]:
        return _last_tokens(network, image, found[0]) or found[0]
    return found[-1] if found else None


def _last_tokens(
    network: nn.Module, image: UInt8[Tensor, "1 h w c"], patches: LayerOutput
) -> LayerOutput | None:
    """Return the last layer norm of a transformer whose places reach the logits.

    Where the class has a token, that is the one before the last attention: behind it, places are
    not looked at.
    """
    rows, columns = patches.shape[2:]
    used = [
        place
        for place, slope in _slopes_of_norms(network, image, (rows, columns))
        if slope is not None and place.as_maps(slope).any()
    ]
    return used[-1] if used else None


def _slopes_of_norms(
    network: nn.Module, image: UInt8[Tensor, "1 h w c"], patches: tuple[int, int]
) -> list[tuple[LayerOutput, Tensor | None]]:
    """Return layer norms with places in their output, and the gradient of a logit there."""
    ran, probes = list[LayerOutput](), list[Tensor]()

    def probe(layer: nn.LayerNorm, _: object, output: Tensor) -> Tensor:
        grid = _grid(layer, output, patches)
        if grid is None:
            return output
        probes.append(torch.zeros_like(output, requires_grad=True))
        ran.append(LayerOutput(layer, output.shape, grid))
        return output + probes[-1]

    norms = [layer for layer in network.modules() if isinstance(layer, nn.LayerNorm)]
    hooks = [layer.register_forward_hook(probe) for layer in norms]
    with torch.enable_grad():
        logit = network(image)[0, 0]
        reached = logit.requires_grad and bool(probes)
        slopes = torch.autograd.grad(logit, probes, allow_unused=True) if reached else ()
    for hook in hooks:
        hook.remove()
    return [*zip(ran, slopes, strict=False)]


def _grid(layer: nn.LayerNorm, output: Tensor, patches: tuple[int, int]) -> tuple[int, int] | None:
    """Return rows and columns of the places in the output of a layer norm, if it has any."""
    if len(output) != 1 or output.shape[-1:] != layer.normalized_shape:
        return None
    if output.ndim == 4 and output.shape[1] * output.shape[2] > 1:
        return output.shape[1], output.shape[2]
    rows, columns = patches
    more = output.shape[1] - rows * columns  # tokens than places
    return patches if output.ndim == 3 and 0 <= more <= PREFIX else None


def overlay(
    pixels: UInt8[np.ndarray, "h w c"], heat: Float32[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Blend heat with the image in grey: blue is 0, red is 1; the opacity rises with the heat."""
    grey = pixels.mean(2, keepdims=True)  # [H, W, 1]
    anchors = np.array([COLD, WARM, HOT], float).T  # a row a channel
    colour = np.stack([np.interp(heat, (0, 0.5, 1), anchor) for anchor in anchors], axis=2)
    opacity = OPACITY * heat[..., None]
    mixed: np.ndarray = (1 - opacity) * grey + opacity * colour
    return mixed.round().astype(np.uint8)


def _activations(
    network: nn.Module, place: LayerOutput, images: Tensor, labels: Tensor
) -> tuple[Float[Tensor, "b f y x"], Float[Tensor, "b f y x"]]:
    """Return the maps of a layer, and the gradients of the labels' logits with respect to them."""
    with _watched(place) as maps, torch.enable_grad():
        logits = network(images)
        wanted = logits.gather(1, labels[:, None]).sum()  # images do not mix: one sum serves all
        (slopes,) = torch.autograd.grad(wanted, maps[-1], materialize_grads=True)
    return place.as_maps(maps[-1].detach()), place.as_maps(slopes)


@contextmanager
def _watched(place: LayerOutput) -> Iterator[list[Tensor]]:
    """Collect the outputs of the layer; no gradient is computed for the layers below it."""
    outputs: list[Tensor] = []

    def begin(_: nn.Module, __: object, output: Tensor) -> Tensor:
        if output.shape[1:] != place.shape[1:]:
            return output
        outputs.append(output.detach().requires_grad_())
        return outputs[-1].clone()  # what follows may write in place, which a leaf forbids

    hook = place.layer.register_forward_hook(begin)
    try:
        yield outputs
    finally:
        hook.remove()
