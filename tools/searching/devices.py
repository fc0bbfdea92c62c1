"""The GPUs of this machine, one for each trial at a time."""

import os
import subprocess

VISIBLE = "CUDA_VISIBLE_DEVICES"


def environment(slot: int) -> dict[str, str]:
    """Return the variable that gives the trials of a slot a GPU of their own, if there is any."""
    found = gpus()
    return {VISIBLE: found[slot % len(found)]} if found else {}


def gpus() -> list[str]:
    """Return the GPUs that may be used, as CUDA names them; none where there is no driver."""
    if (given := os.environ.get(VISIBLE)) is not None:
        return [name for name in given.split(",") if name.strip()]
    command = ("nvidia-smi", "--query-gpu=index", "--format=csv,noheader")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.split()
