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
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, encoding="utf-8", check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.split()
