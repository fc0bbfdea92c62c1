"""List the stages that `dvc repro` will run after an upgrade, with the reasons of `dvc status`."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reprise.escaping import printable
from reprise.repository import PlaceError, python

CODE = ("stages/", "reprise/")
LATER = "install what is new, as README.md says; `dvc status` tells which stages run again"


def outlook(root: Path) -> Iterator[str]:
    """Yield a line for each stage that will run again, or why that is not known."""
    if not (root / "dvc.lock").exists():
        yield "no stage has run here yet: `dvc repro` runs all"
        return
    try:
        command = [str(python(root)), "-m", "dvc", "status", "--json"]
        done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
        found = json.loads(done.stdout)
    except (PlaceError, OSError, ValueError):
        yield LATER
        return
    lines = [
        f"  {stage}: {', '.join(why)}" for stage, said in found.items() if (why := reasons(said))
    ]
    yield (
        "these stages will run again, and those that need other results of theirs:"
        if lines
        else ("no stage will run again")
    )
    yield from lines
    if any(said for said in found.values() if only_code(said)):
        yield "where the code says the same in other words, `reprise relock` spares them that"


def reasons(said: list[Any]) -> list[str]:
    """Return why a stage runs again: code, parameters, data, in one phrase each."""
    changed = dict(_changed(said))
    named = {
        "code": sorted(path for path in changed if path.startswith(CODE)),
        "parameters and versions": sorted(path for path in changed if changed[path] == "params"),
        "data": sorted(
            path for path, kind in changed.items() if kind != "params" and not path.startswith(CODE)
        ),
    }
    return [f"{what} ({printable(', '.join(names))})" for what, names in named.items() if names]


def only_code(said: list[Any]) -> bool:
    """Return whether nothing but code has changed."""
    paths = [path for path, _ in _changed(said)]
    return bool(paths) and all(path.startswith(CODE) for path in paths)


def _changed(said: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield what has changed of a stage, and whether it is a file or one of `params`."""
    for entry in said:
        if isinstance(entry, str):
            yield "its command", "params"
            continue
        for path, how in (item for part in entry.values() for item in part.items()):
            if isinstance(how, Mapping):  # a file of parameters, with its keys
                yield from ((key, "params") for key in how)
            else:
                yield path, how
