"""Resolve and show paths from the user's working directory, wherever a command runs."""

import os
from pathlib import Path

STANDING = "REPRISE_STANDING"  # the user's folder, from that in which a tool runs


def reached(text: str) -> Path:
    """Return a path that the user gives as this process reaches it."""
    return Path(os.path.normpath(Path(_folder(), text)))


def shown(path: Path) -> str:
    """Return a path as the user reaches it."""
    return str(path) if path.is_absolute() or _folder() == "." else os.path.relpath(path, _folder())


def _folder() -> str:
    return os.environ.get(STANDING) or "."
