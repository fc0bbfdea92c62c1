"""Tell pipes and devices from files: nobody may write to the one, and the other may never end."""

import stat
from pathlib import Path

OWN = ("/dev/std", "/dev/fd/", "/proc/")  # of this process, as a shell's `<(command)`
REASON = "is a pipe or a device, which may never end; name a file"


def is_foreign(path: Path) -> bool:
    """Return whether a path leads to a pipe, device or socket that is none of this process.

    Raises:
        OSError: it leads nowhere.
    """
    mode = path.stat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or str(path).startswith(OWN))
