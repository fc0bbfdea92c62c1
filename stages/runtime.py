"""Device, determinism and threads; a GPU of its own for each experiment."""

import os
import platform
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field

from stages import locks, processor
from stages.errors import UserError
from stages.processor import CAPABILITY, PORTABLE, X86, Kernels


def gpu() -> torch.device:
    """Claim a GPU that no other run uses, of those that CUDA_VISIBLE_DEVICES shows.

    It is claimed until this process ends.
    """
    count = torch.cuda.device_count()
    if count <= 1:
        return torch.device("cuda")
    # By UUID, as 0 is another GPU under another CUDA_VISIBLE_DEVICES.
    index = claim(tuple(str(torch.cuda.get_device_properties(i).uuid) for i in range(count)))
    torch.cuda.set_device(index)  # for code that asks for `cuda` without a number
    return torch.device("cuda", index)


@cache
def claim(gpus: tuple[str, ...]) -> int:
    """Return the index of a free GPU; if there is none, of one to share."""
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""  # on Windows, each has a folder
    folder = Path(tempfile.gettempdir()) / f"reprise-gpus{user}"
    try:
        free = (index for index, name in enumerate(gpus) if locks.take(folder / name))
        index = next(free, None)
    except OSError as error:
        reason = f"{folder} cannot be written ({error.strerror})"
    else:
        if index is not None:
            return index
        reason = f"other runs have all {len(gpus)} GPUs"
    shared = os.getpid() % len(gpus)
    print(f"{reason}: this one shares number {shared}", file=sys.stderr)
    return shared


class Runtime(Kernels):
    """Parameters of device, threads and kernels."""

    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        description="auto: a CUDA GPU if there is one, else cpu; each kind rounds differently"
    )
    threads: int = Field(
        ge=1, le=1024, description="CPU threads; another number rounds differently"
    )
    deterministic: bool = Field(
        description="use deterministic kernels alone; false may be faster on a GPU"
    )
    tf32: bool = Field(
        description="TF32 on a GPU: factors of fp32 products have 10 bits, for speed"
    )


def start(params: Runtime) -> torch.device:
    """Set kernels and threads, and return the device to use; nothing may compute before.

    Raises:
        UserError: this machine has no such device, or no such kernels.
    """
    choose_kernels(params)
    torch.set_num_threads(params.threads)
    # Read when CUDA starts; without it cuBLAS may pick another order of summation.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # As torch.use_deterministic_algorithms, but that also imports the compiler, for 1.5 s.
    torch.set_deterministic_debug_mode("error" if params.deterministic else "default")
    # Nothing here reads uninitialised memory; to fill it takes a tenth of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = not params.deterministic
    torch.backends.cuda.matmul.allow_tf32 = params.tf32
    torch.backends.cudnn.allow_tf32 = params.tf32
    kind = _choose(params)
    return gpu() if kind == "cuda" else torch.device(kind)


def gpus(params: Runtime) -> int:
    """Return how many GPUs the parameters let a stage use."""
    return torch.cuda.device_count() if params.device in {"auto", "cuda"} else 0


def seed(device: torch.device, number: int) -> None:
    """Seed torch on the CPU and a device, as torch.manual_seed does at 100 times the cost."""
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)


def choose_kernels(params: Kernels) -> None:
    """Choose the kernels of the CPU; call it before the first computation of this process.

    What the user has set in the environment gives way to `portable`: it would change the result.
    Other processors than x86 have no such kernels, and take their own.

    Raises:
        UserError: this processor cannot run them, or something was computed before.
    """
    if params.kernels == "native" or platform.machine() not in X86:
        return
    said = f"{type(params).__name__.lower()}.kernels is portable"
    if not torch.cpu.get_capabilities()["avx2"]:
        raise UserError(
            f"{said}, which takes a processor with AVX2, and {processor.model()} has none; "
            "set it to native"
        )
    os.environ.update(PORTABLE)
    if (found := torch.backends.cpu.get_cpu_capability()) != CAPABILITY:
        variables = " ".join(f"{name}={value}" for name, value in PORTABLE.items())
        raise UserError(
            f"{said}, but PyTorch computed with {found} before the stage could choose; "
            f"set {variables} in the environment, or it to native"
        )


def start_compiler() -> None:
    """Set the deterministic mode of torch's compiler as `start` set it for PyTorch."""
    torch.use_deterministic_algorithms(torch.are_deterministic_algorithms_enabled())


def _choose(params: Runtime) -> str:
    here = {"cuda": torch.cuda.is_available(), "mps": torch.mps.is_available(), "cpu": True}
    usable = [kind for kind, is_here in here.items() if is_here]
    if params.device == "auto":  # a Mac's GPU has no promise of the same bits, so nobody gets it
        return "cuda" if here["cuda"] else "cpu"  # unasked
    if params.device not in usable:
        section = type(params).__name__.lower()
        raise UserError(
            f"{section}.device is {params.device}, but torch finds only {' and '.join(usable)} "
            "on this machine; choose one of these, or auto"
        )
    return params.device
