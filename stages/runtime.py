"""Where the tensors are computed, and that the same numbers come out again."""

import os

import torch
from pydantic import Field

from stages.params import Params


class Runtime(Params):
    """Parameters of the computation itself."""

    threads: int = Field(
        ge=1, le=1024, description="CPU threads; another number rounds differently"
    )


def start(params: Runtime) -> torch.device:
    """Fix the threads, forbid nondeterministic kernels, and return the device to use."""
    torch.set_num_threads(params.threads)
    # Read when CUDA starts; without it cuBLAS may pick another order of summation.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(mode=True)
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
