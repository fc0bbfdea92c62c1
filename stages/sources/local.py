"""The files of a local folder, wherever links lead."""

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from reprise.shortage import lacking
from stages.errors import UserError
from stages.sources.limits import RefusedError, within
from stages.sources.reports import shown
from stages.sources.store import Member, Store


def folder(root: Path, most: int = sys.maxsize) -> Store:
    """Return what is in a folder; links are followed, as DVC may link what it tracks.

    Raises:
        UserError: it cannot be read, holds more than `most` bytes, a link leads nowhere or
            around, or an entry is no file.
    """
    try:
        members = within(_members(root), most, "holds")
        return Store(str(root), members, most)
    except RefusedError as refusal:
        raise UserError(f"{shown(str(root))}: {refusal}") from refusal


def single(path: Path, place: str, most: int = sys.maxsize) -> Store:
    """Return one file as if it stood alone in a folder."""
    alone = Member(Path(place).name, path.stat().st_size, partial(_open, str(path)))
    return Store(place, [alone], most)


def _open(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _members(root: Path) -> Iterator[Member]:
    """Yield what is in a folder, and below; without recursion, which has an end before paths do."""
    ahead = [(str(root), "", frozenset[tuple[int, int]]())]  # with the folders around each
    while ahead:
        folder, prefix, around = ahead.pop()
        entries, found = _entries(folder), Path(folder).stat()
        if (own := (found.st_dev, found.st_ino)) in around:
            raise UserError(f"{shown(folder)}: links to a folder that it is in; take it away")
        for entry in entries:
            path, name = entry.path, f"{prefix}{entry.name}"
            if entry.is_dir():
                ahead.append((path, f"{name}/", around | {own}))
                yield Member(f"{name}/", 0, partial(_open, path))
            elif entry.is_file():
                yield Member(name, entry.stat().st_size, partial(_open, path))
            else:
                raise UserError(f"{shown(path)}: is no file, or links to none; take it away")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError as error:
        if lacking(error):
            raise
        raise UserError(
            f"{shown(folder)}: cannot be read: {error.strerror}; mend the permissions"
        ) from error
