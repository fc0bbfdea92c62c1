"""Why a stage may have come out otherwise when it was computed again."""

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from tools.provenance.lockfile import Locked, changes

EDITED = "dvc.lock names what came out now: the file in Git was changed after it was made"
UNKNOWN = (
    "all that decides the result is the same; dvc.lock was edited by hand, or the stage does not "
    "always give the same bytes (deterministic: false?)"
)
UNTOLD = "the commit has no record of the machine: another kind of processor, or GPU, is possible"


class Run(NamedTuple):
    """One stage as it ran once, and on what."""

    locked: Locked
    machine: Mapping[str, object]


def machine(record: bytes | None) -> dict[str, object]:
    """Read the record of a stage; nothing if there is none that can be read."""
    try:
        return dict(json.loads(record or "{}"))
    except (ValueError, TypeError):
        return {}


def reasons(old: Run, new: Run, suspects: AbstractSet[str]) -> list[str]:
    """Return what differs in what a stage ran as; failing that, in what it ran on.

    `suspects` are the data that came out otherwise in an earlier stage.
    """
    if old.locked == new.locked:
        return [EDITED]
    return (
        [*_inputs(old.locked, new.locked, suspects)]
        or [*_machines(old.machine, new.machine)]
        or [UNKNOWN if old.machine else UNTOLD]
    )


def _inputs(old: Locked, new: Locked, suspects: AbstractSet[str]) -> Iterator[str]:
    for name, was, now in changes(old.versions, new.versions):
        yield f"another version of {name}: {was} made it, {now} is installed"
    for name, was, now in changes(old.params, new.params):
        yield f"{name} is {json.dumps(was)} in dvc.lock and {json.dumps(now)} in params.yaml"
    if code := [change.name for change in changes(old.code, new.code)]:
        yield f"dvc.lock is of other code than the commit's: {', '.join(code)}"
    for name, *_ in changes(old.data, new.data):
        yield f"{name} {'came out otherwise, see above' if name in suspects else 'is not the same'}"


def _machines(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    words = {"threads": "another number of threads", "device": "CPU or another GPU"}
    for name, was, now in changes(old, new) if old else []:
        yield f"{words.get(name, f'another {name}')}: {was} when it was made, {now} here"
