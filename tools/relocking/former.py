"""The files that a stage ran with: those in Git whose hash is in dvc.lock."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import md5
from pathlib import Path, PurePosixPath

from tools.checking.dependencies import seen
from tools.provenance.clone import output

FOLDER = ".dir"  # ends the hash of a folder


def files(dep: str, digest: str) -> dict[str, bytes] | None:
    """Return what a dependency held, by path; None where no commit has it so.

    A stage may have run with code that never was committed.
    """
    for commit in output("git", "rev-list", "--all", "--full-history", "--", dep).split():
        objects = _objects(commit, dep)
        if _digest(dep, objects, is_folder=digest.endswith(FOLDER)) == digest:
            return {path: _content(name) for path, name in objects.items()}
    return None


def _objects(commit: str, dep: str) -> dict[str, str]:
    """Return the objects of a file, or of the files in a folder that DVC sees, by path."""
    listed = output("git", "ls-tree", "-r", "-z", commit, "--", dep).split("\0")
    rows = (row.partition("\t") for row in filter(None, listed))
    return {path: entry.split()[2] for entry, _, path in rows if seen(Path(path))}


def _digest(dep: str, objects: Mapping[str, str], *, is_folder: bool) -> str | None:
    """Return the hash that DVC has of them."""
    if not is_folder:
        return _md5(objects[dep]) if dep in objects else None
    listed = [*_listed(dep, objects)]
    return md5(json.dumps(listed, sort_keys=True).encode()).hexdigest() + FOLDER  # noqa: S324


def _listed(dep: str, objects: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the files of a folder as DVC lists them, in the order of their paths."""
    within = {PurePosixPath(path).relative_to(dep).as_posix(): path for path in objects}
    for relative, path in sorted(within.items()):
        yield {"md5": _md5(objects[path]), "relpath": relative}


@cache
def _md5(name: str) -> str:
    return md5(_content(name)).hexdigest()  # noqa: S324 - DVC's


@cache
def _content(name: str) -> bytes:
    command = ["git", "cat-file", "blob", name]
    return subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
