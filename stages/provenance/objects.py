"""The objects of DVC's cache that dvc.lock names: whether their bytes are still what was cached."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = ".dir"  # how the hash of a folder ends


class Object(NamedTuple):
    """A cached file: where it belongs, its hash, and where it lies."""

    name: str
    md5: str
    path: Path


def members(cache: Path, out: str, md5: str) -> Iterator[Object]:
    """Yield the files that make up an output; of a folder whose list is not cached, none."""
    whole = Object(out, md5, _place(cache, md5))
    yield whole
    if md5.endswith(FOLDER) and whole.path.exists() and not _damaged(whole):
        for item in json.loads(whole.path.read_text(encoding="utf-8")):
            yield Object(f"{out}/{item['relpath']}", item["md5"], _place(cache, item["md5"]))


def damaged(cache: Path, out: str, md5: str) -> list[Object]:
    """Return what was cached of an output and has other bytes now; what is absent is not there."""
    found = members(cache, out, md5)
    return [item for item in found if item.path.exists() and _damaged(item)]


def _place(cache: Path, md5: str) -> Path:
    return cache / "files" / "md5" / md5[:2] / md5[2:]


def _damaged(item: Object) -> bool:
    with item.path.open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    return digest != item.md5.removesuffix(FOLDER)
