"""The files of a local folder, wherever links lead."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from stages.errors import UserError
from stages.sources.store import Member, Store


def folder(root: Path) -> Store:
    """Return what is in a folder; links are followed, as DVC may link what it tracks.

    Raises:
        UserError: it cannot be read, a link leads nowhere or around, or an entry is no file.
    """
    return Store(str(root), _members(root, "", {root.resolve()}))


def single(path: Path, place: str) -> Store:
    """Return one file as if it stood alone in a folder."""
    return Store(place, [Member(Path(place).name, path.stat().st_size, partial(_open, str(path)))])


def _open(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _members(root: Path, prefix: str, seen: set[Path]) -> Iterator[Member]:
    """Yield what is in one folder, and below; `seen` holds the folders that were entered."""
    try:
        entries = list(os.scandir(root))
    except OSError as error:
        raise UserError(
            f"{root}: cannot be read: {error.strerror}; mend the permissions"
        ) from error
    for entry in entries:
        path, name = entry.path, f"{prefix}{entry.name}"
        if entry.is_dir():
            real = Path(path).resolve()
            if real in seen:
                raise UserError(f"{path}: links to a folder that it is in; take it away")
            yield Member(f"{name}/", 0, partial(_open, path))
            yield from _members(Path(path), f"{name}/", seen | {real})
        elif entry.is_file():
            yield Member(name, entry.stat().st_size, partial(_open, path))
        else:
            raise UserError(f"{path}: is no file, or links to none; take it away")
