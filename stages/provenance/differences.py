"""What came out otherwise, file by file."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

from stages.provenance import distance, objects
from stages.provenance.clone import Clone, blob
from stages.provenance.locked import Locked, changes


class Recomputed(NamedTuple):
    """A commit computed again: its clone, the cache of the first run, Git's files that differ."""

    commit: str
    made: Clone
    cache: Path
    changed: AbstractSet[str]


def outputs(old: Locked, new: Locked, again: Recomputed) -> Iterator[tuple[str, str]]:
    """Yield each output of a stage that differs, and how; of a folder each file."""
    rehashed = {change.name for change in changes(old.outs, new.outs)}
    for out in sorted({*old.outs, *new.outs}):
        inside = sorted(path for path in again.changed if Path(path).is_relative_to(out))
        for path in inside:
            yield path, _how(path, again)
        if out in rehashed and not inside:
            yield out, _parts(old.outs.get(out), new.outs.get(out), again)


def _how(path: str, again: Recomputed) -> str:
    """Say how a file of Git differs."""
    new = again.made.root / path
    if not new.exists():
        return "is not made any more"
    old = blob(again.commit, path) or b""
    return distance.describe(path, old, new.read_bytes())


def _parts(old: str | None, new: str | None, again: Recomputed) -> str:
    """Say which files of a cached output differ, where the list of the old ones is still known."""
    if not (old and new):
        return "is made now, and was not" if new else "is not made any more"
    before, after = (
        {item.name: item.md5 for item in objects.members(cache, "", md5)}
        for cache, md5 in ((again.cache, old), (again.made.cache, new))
    )
    names = [change.name.lstrip("/") for change in changes(before, after) if change.name]
    return f"other bytes in {', '.join(names)}" if len(before) > 1 and names else "other bytes"
