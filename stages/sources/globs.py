"""Match names of files with patterns: `*` is within a folder, `**` any folders.

A pattern comes with the data, so none may take long: folder is compared with folder, and in one
`fnmatch` never tries a star a second time.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate

ANY = "**"
Alike = Callable[[str], object]  # whether the name of one file or folder is alike


def matching(names: Iterable[str], glob: str) -> list[str]:
    """Return the names that match a pattern.

    Raises:
        ValueError: `**` stands beside other characters; the hub's own library refuses that, too.
    """
    parts = glob.split("/")
    if mixed := [part for part in parts if ANY in part and part != ANY]:
        raise ValueError(f"{mixed[0]} holds ** beside other characters")
    wanted = [None if part == ANY else re.compile(translate(part)).match for part in parts]
    return [name for name in names if _is_alike(name.split("/"), wanted)]


def _is_alike(parts: Sequence[str], wanted: Sequence[Alike | None]) -> bool:
    """Compare a name with a pattern, both by folder; None is `**`."""
    reached = {0}  # how many parts of the name the pattern so far may stand for
    for alike in wanted[:-1]:
        if alike is None:
            reached = {*range(min(reached, default=len(parts)), len(parts))}
        else:
            reached = {at + 1 for at in reached if at < len(parts) and alike(parts[at])}
    if (last := wanted[-1]) is None:
        return min(reached, default=len(parts)) < len(parts)
    return len(parts) - 1 in reached and bool(last(parts[-1]))
