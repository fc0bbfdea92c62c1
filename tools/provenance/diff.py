"""Find the outputs that differ after a commit is run again, and by how much."""

import csv
import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from io import StringIO
from pathlib import Path, PurePath
from typing import NamedTuple

from reprise.counting import counted
from tools.provenance import dvc_cache
from tools.provenance.clone import Clone, file_at
from tools.provenance.lockfile import Locked, changes

SHOWN = 6  # values of one file that are listed
LONGEST = 30  # characters of a value


class Rerun(NamedTuple):
    """A commit that was run again."""

    commit: str
    made: Clone  # in which it was run
    cache: Path  # of the first run
    changed: AbstractSet[str]  # files of Git that differ


def outputs(old: Locked, new: Locked, again: Rerun) -> Iterator[tuple[str, str]]:
    """Yield the path of each output of a stage that differs, of a folder each file, and how."""
    rehashed = {change.name for change in changes(old.outs, new.outs)}
    for out in sorted({*old.outs, *new.outs}):
        inside = sorted(path for path in again.changed if Path(path).is_relative_to(out))
        for path in inside:
            yield path, _how(path, again)
        if out in rehashed and not inside:
            yield out, _parts(old.outs.get(out), new.outs.get(out), again)


def _how(path: str, again: Rerun) -> str:
    """Return how a file of Git differs."""
    new = again.made.root / path
    if not new.exists():
        return "is not made any more"
    old = file_at(again.commit, path) or b""
    return describe(path, old, new.read_bytes())


def _parts(old: str | None, new: str | None, again: Rerun) -> str:
    """Return which files of a cached output differ, where the list of the old ones is cached."""
    if not (old and new):
        return "is made now, and was not" if new else "is not made any more"
    before, after = (
        {item.name: item.md5 for item in dvc_cache.members(cache, "", md5)}
        for cache, md5 in ((again.cache, old), (again.made.cache, new))
    )
    names = [change.name.lstrip("/") for change in changes(before, after) if change.name]
    return f"other bytes in {', '.join(names)}" if len(before) > 1 and names else "other bytes"


def describe(path: str, old: bytes, new: bytes) -> str:
    """Return which values of a JSON or CSV file differ, and by how much."""
    with suppress(ValueError, KeyError):  # not what its name says: other bytes
        match PurePath(path).suffix:
            case ".json":
                return _join(_json(json.loads(old), json.loads(new)))
            case ".csv":
                return _join(_csv(*(list(_rows(text)) for text in (old, new))))
    return "other bytes"


def _join(told: Iterator[str]) -> str:
    lines = list(told)
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return ", ".join([*lines[:SHOWN], *more]) or "other bytes, the same values"


def _json(old: object, new: object, name: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _json(old.get(key), new.get(key), f"{name}.{key}" if name else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True)):
            yield from _json(*pair, f"{name}[{number}]")
    elif old != new:
        yield f"{name} {_text(old)} -> {_text(new)}{_by(old, new)}"


def _text(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _by(old: object, new: object) -> str:
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    return f" ({new - old:+.6g})" if numbers else ""  # type: ignore[operator]


def _rows(text: bytes) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(StringIO(text.decode()), strict=True)


def _csv(old: list[dict[str, str]], new: list[dict[str, str]]) -> Iterator[str]:
    """Yield the largest difference in each column, row by row."""
    if len(old) != len(new):
        yield f"{counted(len(old), 'row')} -> {counted(len(new), 'row')}"
        return
    for column in old[0] if old else []:
        cells = [(a[column], b[column]) for a, b in zip(old, new, strict=True)]
        if apart := [pair for pair in cells if pair[0] != pair[1]]:
            yield f"{column} {_furthest(apart)}"


def _furthest(apart: list[tuple[str, str]]) -> str:
    try:
        return f"up to {max(abs(float(a) - float(b)) for a, b in apart):.6g} apart"
    except ValueError:  # words
        return f"differs in {counted(len(apart), 'row')}"
