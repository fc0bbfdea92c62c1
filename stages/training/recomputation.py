"""Activation checkpointing: segments of the network run again in the backward pass.

Only what goes into a segment is kept (Chen et al. 2016, "Training deep nets with sublinear memory
cost").
"""

from collections.abc import Iterator
from math import isqrt
from types import MethodType
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from stages.errors import UserError
from stages.nets.introspection import lists_blocks
from stages.params import Params
from stages.training.second_run import recomputed


class Recomputation(Params):
    """Parameters of activation checkpointing; they do not change the result."""

    grad_checkpointing: bool = Field(
        description="activation checkpointing: less memory, a forward pass more a step"
    )


def checkpoint_activations(network: nn.Module) -> None:
    """Have the outermost sequences of layers keep what goes into their segments alone.

    Raises:
        UserError: the network has none.
    """
    sequences = [*_sequences(network)]
    if not sequences:
        raise UserError(
            "train.grad_checkpointing is true, but the network is no sequence of layers that could "
            "run again one by one; set it to false, or write it as nn.Sequential"
        )
    for sequence in sequences:
        sequence.forward = MethodType(_forward, sequence)  # type: ignore[method-assign]


def checkpoint_blocks(network: nn.Module, architecture: str) -> None:
    """Have the blocks of a network of timm, and sequences of bare layers, keep their inputs alone.

    Raises:
        UserError: the network has neither.
    """
    parts = [*_parts(network)]
    if not parts:
        raise UserError(
            f"train.grad_checkpointing is true, but train.architecture {architecture} has no "
            "blocks that could run again one by one; set it to false, or choose another"
        )
    for part in parts:
        forward = _forward if _is_sequence(part) else _block_forward
        part.forward = MethodType(forward, part)


def _parts(module: nn.Module) -> Iterator[nn.Module]:
    for child in module.children():
        bare = not any([*layer.children()] for layer in child.children())
        if lists_blocks(child) and not (_is_sequence(child) and bare):
            yield from _parts(child)
        elif [*child.children()]:
            yield child


def _is_sequence(module: nn.Module) -> bool:
    return type(module).forward is nn.Sequential.forward and len([*module.children()]) > 1


def _sequences(module: nn.Module) -> Iterator[nn.Sequential]:
    for child in module.children():
        if _is_sequence(child):
            yield child  # type: ignore[misc]
        else:
            yield from _sequences(child)


def _forward(sequence: nn.Sequential, inputs: Tensor) -> Tensor:
    if not torch.is_grad_enabled():
        for layer in sequence:
            inputs = layer(inputs)
        return inputs
    layers = [*sequence]
    while layers and _overwrites(layers[0]):
        inputs = layers.pop(0)(inputs)
    for segment in segments(layers):
        part = nn.Sequential(*segment)
        inputs = recomputed(part, part.forward, inputs)
    return inputs


def _block_forward(block: nn.Module, *inputs: Any, **options: Any) -> object:  # noqa: ANN401
    def forward(inputs: tuple[Any, ...], options: dict[str, Any]) -> object:
        return type(block).forward(block, *inputs, **options)

    if torch.is_grad_enabled():
        return recomputed(block, forward, inputs, options)
    return forward(inputs, options)


def segments(layers: list[nn.Module]) -> Iterator[list[nn.Module]]:
    """Yield layers in about as many segments as each has; none overwrites what goes into it."""
    length, segment = isqrt(len(layers)), list[nn.Module]()
    for layer in layers:
        if len(segment) >= length and not _overwrites(layer):
            yield segment
            segment = []
        segment.append(layer)
    if segment:
        yield segment


def _overwrites(layer: nn.Module) -> bool:
    """Tell whether the first operation of a layer works in place."""
    first = next(one for one in layer.modules() if not [*one.children()])
    # What passes its input on may have such a layer behind it.
    return getattr(first, "inplace", False) or isinstance(first, nn.Identity | nn.Flatten)
