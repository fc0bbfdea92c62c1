"""Mixed precision, memory format and compilation of a network."""

import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from stages import processor, runtime
from stages.errors import UserError
from stages.nets.introspection import convolutions
from stages.params import Params

VECTOR = 8  # numbers of 32 bits in a register of AVX2
# What torch.cpu.get_capabilities calls the instructions of an x86 processor for a type.
INSTRUCTIONS = {"bf16": ("avx512_bf16", "amx_bf16"), "fp16": ("avx512_fp16", "amx_fp16")}
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Precision(Params):
    """Parameters of precision, memory format and compilation."""

    precision: Literal["fp32", "bf16", "fp16"] = Field(
        description="of activations (autocast); weights stay fp32, fp16 scales the loss"
    )
    channels_last: bool = Field(description="channels-last memory format: mostly faster")
    compile: bool = Field(
        description="torch.compile, on a GPU only: takes minutes, then steps are faster"
    )


def autocast(params: Precision, device: torch.device) -> AbstractContextManager[None]:
    """Return the autocast context of the precision."""
    if params.precision == "fp32":
        return nullcontext()  # a switched-off autocast takes 10 us a step
    return torch.autocast(device.type, TYPES[params.precision])


def remarks(params: Precision, device: torch.device) -> Iterator[str]:
    """Yield a line where an x86 processor emulates the precision, which fp32 is faster than."""
    names = INSTRUCTIONS.get(params.precision, ())
    if not names or device.type != "cpu" or platform.machine() not in processor.X86:
        return
    capabilities = torch.cpu.get_capabilities()
    able = any(capabilities.get(name) for name in names)
    portable = processor.kernels(torch.backends.cpu.get_cpu_capability()) == "portable"
    emulates = "PyTorch emulates it, which can be many times slower than fp32"
    if not able:
        yield (
            f"train.precision is {params.precision}, for which {processor.model()} has no "
            f"instructions ({' or '.join(names)}): {emulates}; train.precision: fp32 is faster here"
        )
    elif portable:
        yield (
            f"train.precision is {params.precision}, but train.kernels: portable leaves the "
            f"processor's instructions for it unused: {emulates}; set train.kernels to native, or "
            "train.precision to fp32"
        )


def scaler(params: Precision, device: torch.device) -> torch.amp.GradScaler:
    """Return a loss scaler, which is enabled for fp16 alone."""
    return torch.amp.GradScaler(device.type, enabled=params.precision == "fp16")


def arrange(network: nn.Module, params: Precision) -> None:
    """Set the memory format of a network's weights and of its input."""
    if params.channels_last:
        network.to(memory_format=torch.channels_last)
    else:
        network.register_forward_pre_hook(_channels_first)


def compiled(network: nn.Module, params: Precision, device: torch.device) -> nn.Module:
    """Return the compiled network, which shares the weights, if `compile` is set.

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
