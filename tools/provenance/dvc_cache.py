"""The objects of DVC's cache, and whether their bytes still have the hash of their name."""

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from reprise.shortage import lacking
from stages.environment import digest
from stages.progress import Progress

FOLDER = ".dir"  # how the hash of a folder ends
HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")  # other files in a cache are unfinished, or not DVC's


class Object(NamedTuple):
    """A cached file."""

    name: str  # path of the output, or of the file within it
    md5: str
    path: Path  # in the cache


def members(cache: Path, out: str, md5: str) -> Iterator[Object]:
    """Yield the object of an output, and of a folder whose list is cached those of its files."""
    whole = Object(out, md5, place(cache, md5))
    yield whole
    if md5.endswith(FOLDER) and whole.path.exists() and not fault(whole.path, md5):
        for item in json.loads(whole.path.read_text(encoding="utf-8")):
            yield Object(f"{out}/{item['relpath']}", item["md5"], place(cache, item["md5"]))


def damaged(cache: Path, out: str, md5: str) -> list[Object]:
    """Return the objects of an output that are cached, but with other bytes than they had."""
    found = members(cache, out, md5)
    return [item for item in found if item.path.exists() and fault(item.path, item.md5)]


def all_objects(cache: Path) -> dict[str, Path]:
    """Return the path of each object by its hash, those of other commits and runs included."""
    found = ((path.parent.name + path.name, path) for path in cache.glob("files/md5/*/*"))
    return {md5: path for md5, path in sorted(found) if HASH.fullmatch(md5)}


def check(cache: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield hash, path and fault of each damaged object, reading one a core at a time."""
    found = all_objects(cache)
    sizes = {md5: _size(path) for md5, path in found.items()}
    with (
        Progress("checking", sum(sizes.values()), "B") as bar,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        faults = pool.map(fault, found.values(), found)
        for (md5, path), wrong in zip(found.items(), faults, strict=True):
            bar.advance(sizes[md5])
            if wrong:
                yield md5, path, wrong


def place(cache: Path, md5: str) -> Path:
    """Return the path of an object."""
    return cache / "files" / "md5" / md5[:2] / md5[2:]


def fault(path: Path, md5: str) -> str:
    """Return what is wrong with an object; empty if it is whole."""
    try:
        found = digest(path)
        size = path.stat().st_size
    except OSError as error:
        if lacking(error):
            raise
        return f"cannot be read ({error.strerror or error})"
    if found == md5.removesuffix(FOLDER):
        return ""
    return "has other bytes than were cached" if size else "is empty"


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
