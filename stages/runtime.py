"""Where the tensors are computed, and that the same numbers come out again."""

import os
from typing import Literal

import torch
from pydantic import Field

from stages import devices
from stages.errors import UserError
from stages.params import Params


class Runtime(Params):
    """Parameters of the computation itself."""

    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        description="auto: a GPU if there is one; each kind rounds differently"
    )
    threads: int = Field(
        ge=1, le=1024, description="CPU threads; another number rounds differently"
    )
    deterministic: bool = Field(
        description="forbid kernels that give other bits each time; false may be faster on a GPU"
    )
    tf32: bool = Field(
        description="let a GPU round the factors of fp32 products to 10 bits, for speed"
    )


def start(params: Runtime) -> torch.device:
    """Fix the threads and the kind of kernels, and return the device to use.

    Raises:
        UserError: this machine has no such device.
    """
    torch.set_num_threads(params.threads)
    # Read when CUDA starts; without it cuBLAS may pick another order of summation.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # As torch.use_deterministic_algorithms, but that also imports the compiler, for 1.5 s.
    torch.set_deterministic_debug_mode("error" if params.deterministic else "default")
    # Nothing here reads memory that was not written; to fill it takes a tenth of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = not params.deterministic
    torch.backends.cuda.matmul.allow_tf32 = params.tf32
    torch.backends.cudnn.allow_tf32 = params.tf32
    kind = _choose(params)
    return devices.gpu() if kind == "cuda" else torch.device(kind)


def start_compiler() -> None:
    """Tell torch's compiler, too, what `start` told PyTorch of kernels."""
    torch.use_deterministic_algorithms(torch.are_deterministic_algorithms_enabled())


def _choose(params: Runtime) -> str:
    here = {"cuda": torch.cuda.is_available(), "mps": torch.mps.is_available(), "cpu": True}
    usable = [kind for kind, is_here in here.items() if is_here]
    if params.device == "auto":
        return usable[0]
    if params.device not in usable:
        section = type(params).__name__.lower()
        raise UserError(
            f"{section}.device is {params.device}, but torch finds only {' and '.join(usable)} "
            "on this machine; choose one of these, or auto"
        )
    return params.device
