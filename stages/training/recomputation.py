"""Activation checkpointing: segments of the network run again in the backward pass.

Only what goes into a segment is kept (Chen et al. 2016, "Training deep nets with sublinear memory
cost"). The second run gives the same bits: random numbers are drawn again, and the running
statistics of batch norm are left alone.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from math import isqrt
from types import MethodType

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from stages.errors import UserError
from stages.params import Params
from stages.training.optimizer import NORMS


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


def _sequences(module: nn.Module) -> Iterator[nn.Sequential]:
    for child in module.children():
        if type(child).forward is nn.Sequential.forward and len(child) > 1:  # type: ignore[arg-type]
            yield child  # type: ignore[misc]
        else:
            yield from _sequences(child)


def _forward(sequence: nn.Sequential, inputs: Tensor) -> Tensor:
    if not torch.is_grad_enabled():
        for layer in sequence:
            inputs = layer(inputs)
        return inputs
    for segment in segments([*sequence]):
        part = nn.Sequential(*segment)
        contexts = partial(_contexts, part)
        inputs = checkpoint(part, inputs, use_reentrant=False, context_fn=contexts)
    return inputs


def segments(layers: list[nn.Module]) -> Iterator[list[nn.Module]]:
    """Yield layers in about as many segments as each has; none overwrites what goes into it."""
    length, segment = isqrt(len(layers)), list[nn.Module]()
    for layer in layers:
        if len(segment) >= length and not _overwrites(layer):
            yield segment
            segment = []
        segment.append(layer)
    yield segment


def _overwrites(layer: nn.Module) -> bool:
    """Tell whether the first operation of a layer works in place."""
    first = next(one for one in layer.modules() if not [*one.children()])
    # What passes its input on may have such a layer behind it.
    return getattr(first, "inplace", False) or isinstance(first, nn.Identity | nn.Flatten)


def _contexts(
    part: nn.Module,
) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    return nullcontext(), _untracked(part)


@contextmanager
def _untracked(part: nn.Module) -> Iterator[None]:
    """Have batch norm update copies of its running statistics within the block."""
    norms = [one for one in part.modules() if isinstance(one, NORMS)]
    kept = [(norm, dict(norm.named_buffers(recurse=False))) for norm in norms]
    for norm, buffers in kept:
        for name, buffer in buffers.items():
            setattr(norm, name, buffer.clone())
    try:
        yield
    finally:
        for norm, buffers in kept:
            for name, buffer in buffers.items():
                setattr(norm, name, buffer)
