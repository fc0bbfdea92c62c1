"""Run a tool of the Reprise repository in which one stands, as its Makefile does."""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from reprise.escaping import printable
from reprise.standing import STANDING

MARKS = ("dvc.yaml", "stages/__init__.py", "tools/__init__.py")
PYTHONS = (".venv/bin/python", ".venv/Scripts/python.exe")  # where `make` installs, and on Windows


class PlaceError(Exception):
    """A place in which a tool cannot run; the message is the reason, with the remedy."""


def run(module: str, arguments: Sequence[str]) -> int:
    """Run `python -m module` in the repository, and return its exit code.

    Where the system can, the tool takes the place of this process, so that signals reach it.

    Raises:
        PlaceError: one does not stand in a repository, or its environment is not installed.
    """
    here = Path.cwd()
    root = find(here)
    command = [str(python(root)), "-m", module, *arguments]
    # Tools run `dvc` by its name: that of the same environment.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    changed = os.environ | {"PATH": path, STANDING: os.path.relpath(here, root)}
    os.chdir(root)
    if os.name == "posix":
        os.execve(command[0], command, changed)  # noqa: S606 - as the user asks
    return subprocess.run(command, check=False, env=changed).returncode  # noqa: S603


def find(start: Path) -> Path:
    """Return the repository that a folder is, or is in.

    Raises:
        PlaceError: there is none.
    """
    if root := around(start):
        return root
    raise PlaceError(
        "it runs in a folder of Reprise, with dvc.yaml, stages/ and tools/; "
        f"{printable(str(start))} is in none: `git clone` one, or `cd` there"
    )


def around(start: Path) -> Path | None:
    """Return the repository that a folder is in, found as Git finds its own, or None."""
    folders = (start, *start.parents)
    return next((one for one in folders if all((one / mark).is_file() for mark in MARKS)), None)


def python(root: Path) -> Path:
    """Return the Python that `make` has installed the pipeline for, or else this one.

    Raises:
        PlaceError: it is not installed for either.
    """
    own = next((root / name for name in PYTHONS if (root / name).is_file()), None)
    if own is None and find_spec("dvc") is None:
        raise PlaceError(
            "the pipeline is not installed: `pip install -c constraints.txt -e '.[pipeline]'` in "
            f"{printable(str(root))}"
        )
    return own or Path(sys.executable)
