"""Bring the user's images, tables and weights, which are not all in Git, into a clone as links.

Folders are made, and files are linked: within a folder that it watches, DVC sees no linked folder.
"""

import json
import os
import sys
from pathlib import Path

from stages import params, sections
from stages.errors import UserError

WEIGHTS = Path("models/source")


def sources(root: Path) -> list[Path]:
    """Return where the images, tables and weights of a repository may be.

    Raises:
        UserError: params.yaml is none, or names a path that a clone cannot have.
    """
    path = root / params.PATH
    named = json.loads(sections.section("download", path))
    texts = {key: value for key, value in named.items() if isinstance(value, str)}
    return [
        *(place(f"{params.PATH}: download.{key}", text) for key, text in texts.items()),
        WEIGHTS,
    ]


def place(name: str, text: str) -> Path:
    """Return the path that a parameter names, if it is one.

    Raises:
        UserError: it exists, and is the repository's top folder, or leads out by `..`.
    """
    path = Path(text)
    odd = not path.parts or ".." in path.parts
    if text and odd and not path.is_absolute() and _exists(text):
        raise UserError(
            f"{name} is {text}, but runs are in clones of the repository, where that is another "
            f"place; name a folder below this one, or the whole path, {path.resolve()}"
        )
    return path


def link(path: Path, root: Path) -> None:
    """Link the clone to the files of a source that it lacks.

    Raises:
        UserError: Git has a link there that leads elsewhere in the clone.
    """
    there = root / path
    if not path.parts or path.is_absolute() or not _exists(path):
        return
    if there.resolve() == path.resolve():
        return
    _require_no_link(path, root)
    if path.is_dir() and (there.is_dir() or not there.exists()):
        there.mkdir(parents=True, exist_ok=True)
        for inner in path.iterdir():
            if inner.is_symlink() and not inner.is_file() and not os.path.lexists(root / inner):
                make(root / inner, inner.resolve())  # as it is here: download refuses it
            else:
                link(inner, root)
    elif not there.exists():
        there.parent.mkdir(parents=True, exist_ok=True)
        make(there, path.resolve())


def make(there: Path, target: Path) -> None:
    """Make a link to a file or folder.

    Raises:
        UserError: the system lets this user make none.
    """
    try:
        there.symlink_to(target, target_is_directory=target.is_dir())
    except OSError as error:
        if sys.platform != "win32":
            raise
        raise UserError(
            f"{there}: Windows lets you make no links ({error.strerror}), which clones have to "
            "your images; turn on its developer mode, or work in WSL (docs/platforms.md)"
        ) from error


def _require_no_link(path: Path, root: Path) -> None:
    """Refuse a link that Git has: in the clone it leads elsewhere, or out of it."""
    around = [each for each in (path, *path.parents) if (root / each).is_symlink()]
    if around and not (root / path).is_file():
        raise UserError(
            f"{around[0]}: is a link in Git, and runs are in clones of the repository, where it "
            f"leads elsewhere; name the folder that it leads to, {path.resolve()}"
        )


def _exists(text: str | Path) -> bool:
    """Return whether there is something; of a text too long for a path, there is not."""
    return os.path.exists(text)  # noqa: PTH110 - that one raises
