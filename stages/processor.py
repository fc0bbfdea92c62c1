"""The processor of this machine, and CPU kernels that give the same bits on another.

A sum of floats depends on its order. PyTorch, oneDNN and MKL choose it by instruction set, MKL by
vendor too; what they read from these variables takes that choice from them. They read them at their
first computation, so setting them after `import torch` suffices (runtime.start; test_kernels.py).

What the variables do not reach is left unused on a CPU (test_exact.py): MKL's vector maths
estimates some functions by RSQRTPS or RCPPS, which AMD and Intel answer differently, the square
root among them.
"""

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from stages.params import Params

PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",  # PyTorch's own loops, and when it asks oneDNN
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # convolutions
    "ONEDNN_DEFAULT_FPMATH_MODE": "STRICT",  # no bf16 within fp32
    "MKL_CBWR": "COMPATIBLE",  # products of matrices, LAPACK, and which vector maths
}
CAPABILITY = "AVX2"  # as torch.backends.cpu names what the first of them asks for
X86 = {"x86_64", "AMD64"}  # as Linux and Windows call it


class Kernels(Params):
    """Parameters of CPU kernels."""

    kernels: Literal["portable", "native"] = Field(
        description="CPU kernels: the same bits on every x86 processor with AVX2, or the fastest"
    )


def kernels(capability: str, environment: Mapping[str, str] = os.environ) -> str:
    """Name the kernels that compute here, given what torch.backends.cpu tells of its own."""
    chosen = PORTABLE.items() <= environment.items() and platform.machine() in X86
    return "portable" if chosen and capability == CAPABILITY else capability


def model() -> str:
    """Return the model of the processor, as exactly as the system has it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())
