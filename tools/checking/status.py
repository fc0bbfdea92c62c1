"""Parse `dvc status`: the files and parameters that differ from dvc.lock, by stage."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from stages.errors import UserError

CHANGED = {"modified", "new"}  # others are not here: deleted, or not in the cache


class StageStatus(NamedTuple):
    """The differences of a stage from dvc.lock by path or dotted name: modified, deleted, new."""

    deps: Mapping[str, str]
    params: Mapping[str, str]
    outs: Mapping[str, str]
    other: Sequence[str]  # as `changed command`

    def changed(self) -> Iterator[str]:
        """Yield what is here, and is other than in dvc.lock."""
        for part in (self.deps, self.params, self.outs):
            yield from sorted(name for name, how in part.items() if how in CHANGED)
        yield from self.other


def statuses(*stages: str) -> dict[str, StageStatus]:
    """Return what `dvc status` says, of the stages that it names; the others are as in dvc.lock.

    Raises:
        UserError: dvc fails.
    """
    command = [sys.executable, "-m", "dvc", "status", "--json", *stages]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        raise UserError(f"`dvc status` failed: {done.stderr.strip()}") from error
    return {name: _parsed(said) for name, said in found.items() if isinstance(said, list)}


def _parsed(said: list[object]) -> StageStatus:
    deps, params = dict[str, str](), dict[str, str]()
    for path, how in _entries(said, "changed deps"):
        if isinstance(how, Mapping):  # a file of parameters, with its keys
            params |= how
        else:
            deps[path] = str(how)
    outs = {path: str(how) for path, how in _entries(said, "changed outs")}
    return StageStatus(deps, params, outs, [entry for entry in said if isinstance(entry, str)])


def _entries(said: list[object], kind: str) -> Iterator[tuple[str, object]]:
    for entry in said:
        if isinstance(entry, Mapping):
            yield from entry.get(kind, {}).items()
