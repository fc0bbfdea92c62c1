"""Find differences between two runs of a stage that can explain different outputs."""

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from tools.provenance.lockfile import Locked, changes

EDITED = "dvc.lock has the hash of the new output: the file in Git was changed after it was made"
UNKNOWN = (
    "all that decides the result is the same; dvc.lock was edited by hand, or the stage does not "
    "always give the same bytes (deterministic: false?)"
)
UNTOLD = "the commit has no record of the machine: it may have had another processor or GPU"


class Run(NamedTuple):
    """One run of a stage."""

    locked: Locked
    machine: Mapping[str, object]  # as environment.record describes it; empty where unknown


def machine(record: bytes | None) -> dict[str, object]:
    """Parse the record of the machine that ran a stage; empty if there is none that parses."""
    try:
        return dict(json.loads(record or "{}"))
    except (ValueError, TypeError):
        return {}


def causes(old: Run, new: Run, suspects: AbstractSet[str]) -> list[str]:
    """Return what differs in versions, parameters, code and data; failing that, in the machine.

    `suspects` are the paths of data that an earlier stage gave other bytes.
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
        yield f"another version of {name}: it was made with {was}, {now} is installed"
    for name, was, now in changes(old.params, new.params):
        yield f"{name} is {json.dumps(was)} in dvc.lock and {json.dumps(now)} in params.yaml"
    if code := [change.name for change in changes(old.code, new.code)]:
        yield f"dvc.lock was written with other code than this commit's: {', '.join(code)}"
    for name, *_ in changes(old.data, new.data):
        yield f"{name} {'differs, see above' if name in suspects else 'is not the same'}"


def _machines(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    words = {"threads": "another number of threads", "device": "CPU or another GPU"}
    for name, was, now in changes(old, new) if old else []:
        yield f"{words.get(name, f'another {name}')}: {was} when it was made, {now} here"
