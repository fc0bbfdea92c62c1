"""The objects of DVC's cache: whether their bytes are still what was cached."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from reprise.shortage import lacking
from stages.progress import Progress

FOLDER = ".dir"  # how the hash of a folder ends
HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")  # what lies beside is unfinished, or not of DVC


class Object(NamedTuple):
    """A cached file: where it belongs, its hash, and where it lies."""

    name: str
    md5: str
    path: Path


def members(cache: Path, out: str, md5: str) -> Iterator[Object]:
    """Yield the files that make up an output; of a folder whose list is not cached, none."""
    whole = Object(out, md5, place(cache, md5))
    yield whole
    if md5.endswith(FOLDER) and whole.path.exists() and not fault(whole.path, md5):
        for item in json.loads(whole.path.read_text(encoding="utf-8")):
            yield Object(f"{out}/{item['relpath']}", item["md5"], place(cache, item["md5"]))


def damaged(cache: Path, out: str, md5: str) -> list[Object]:
    """Return what was cached of an output and has other bytes now; what is absent is not there."""
    found = members(cache, out, md5)
    return [item for item in found if item.path.exists() and fault(item.path, item.md5)]


def every(cache: Path) -> dict[str, Path]:
    """Return all objects by their hash, those of other commits and runs included."""
    found = ((path.parent.name + path.name, path) for path in cache.glob("files/md5/*/*"))
    return {md5: path for md5, path in sorted(found) if HASH.fullmatch(md5)}


def check(cache: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield hash, place and fault of each damaged object; as many are read at once as cores."""
    found = every(cache)
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
    """Return where an object lies."""
    return cache / "files" / "md5" / md5[:2] / md5[2:]


def fault(path: Path, md5: str) -> str:
    """Say what is wrong with an object; nothing if it is whole."""
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


def digest(path: Path) -> str:
    """Return the MD5 of a file, by which DVC names it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
