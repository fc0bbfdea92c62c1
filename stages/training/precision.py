"""In what numbers, in what layout and by what kernels a network computes."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from stages import runtime
from stages.errors import UserError
from stages.nets.introspection import convolutions
from stages.params import Params

VECTOR = 8  # numbers of 32 bits in a register of AVX2
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Precision(Params):
    """Parameters of how the network is computed."""

    precision: Literal["fp32", "bf16", "fp16"] = Field(
        description="of activations; weights stay fp32 (autocast), fp16 has its loss scaled"
    )
    channels_last: bool = Field(description="keep channels innermost in memory: mostly faster")
    compile: bool = Field(description="compile the network, on a GPU only: minutes, then faster")


def autocast(params: Precision, device: torch.device) -> AbstractContextManager[None]:
    """Return the context in which the network computes."""
    if params.precision == "fp32":
        return nullcontext()  # a switched-off autocast takes 10 us a step
    return torch.autocast(device.type, TYPES[params.precision])


def scaler(params: Precision, device: torch.device) -> torch.amp.GradScaler:
    """Return what keeps small gradients from vanishing in fp16, and does nothing otherwise."""
    return torch.amp.GradScaler(device.type, enabled=params.precision == "fp16")


def arrange(network: nn.Module, params: Precision) -> None:
    """Lay out a network's weights, and the images that it is fed."""
    if params.channels_last:
        network.to(memory_format=torch.channels_last)
    else:
        network.register_forward_pre_hook(_channels_first)


def compiled(network: nn.Module, params: Precision, device: torch.device) -> nn.Module:
    """Return the network that shares these weights and computes them faster, where asked for.

    Raises:
        UserError: there is no GPU.
    """
    if not params.compile:
        return network
    if device.type != "cuda":
        raise UserError(
            f"train.compile is true, but training runs on {device.type}, where compiling takes "
            "longer than it saves; set it to false"
        )
    runtime.start_compiler()
    return cast("nn.Module", torch.compile(network))


def refuse_narrow(network: nn.Module, device: torch.device) -> None:
    """Refuse layers whose backward pass in PyTorch on a CPU writes beyond its memory.

    Found with torch 2.15 on AVX2: 1 x 1, any stride but 1, fewer channels than a vector holds,
    channels-last, which images of one channel are whatever `channels_last` says.

    Raises:
        UserError: the network has such a layer.
    """
    if device.type != "cpu":
        return
    for name, layer in convolutions(network):
        strided = layer.kernel_size == (1, 1) and max(layer.stride) > 1 and layer.groups == 1
        if strided and layer.in_channels < VECTOR:
            raise UserError(
                f"layer {name} is a 1 x 1 convolution with a stride over {layer.in_channels} "
                f"channels, at which PyTorch crashes on a CPU where they are fewer than {VECTOR}; "
                f"make all but the last of train.filters (of resnet_small) {VECTOR} or more, or "
                "all equal"
            )


def _channels_first(_: nn.Module, images: tuple[Tensor]) -> tuple[Tensor]:
    return (images[0].contiguous(),)
