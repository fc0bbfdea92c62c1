"""How many threads to start."""

import os


def cores() -> int:
    """Count the cores that this process may use, which are not always all of the machine."""
    known = hasattr(os, "sched_getaffinity")  # not on macOS and Windows
    return len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
