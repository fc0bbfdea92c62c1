"""One GPU for each of the experiments that run side by side."""

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

import torch

from stages import locks


def gpu() -> torch.device:
    """Return a GPU that no other run has, of those that CUDA_VISIBLE_DEVICES leaves.

    It is held until this process ends.
    """
    count = torch.cuda.device_count()
    if count <= 1:
        return torch.device("cuda")
    # By their hardware, as 0 names another GPU under another CUDA_VISIBLE_DEVICES.
    index = claim(tuple(str(torch.cuda.get_device_properties(i).uuid) for i in range(count)))
    torch.cuda.set_device(index)  # for whatever asks for `cuda` without a number
    return torch.device("cuda", index)


@cache
def claim(gpus: tuple[str, ...]) -> int:
    """Return the position of a GPU that is free now; where none is, of one to share."""
    folder = Path(tempfile.gettempdir()) / f"reprise-gpus-{os.getuid()}"
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
