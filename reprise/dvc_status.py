"""Run `dvc status`: the files and parameters that differ from dvc.lock, by stage."""

import json
import subprocess
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

CHANGED = {"modified", "new"}  # other files are not here: deleted, or not in the cache


class StatusError(Exception):
    """DVC fails; the message is the reason."""


class StageStatus(NamedTuple):
    """The differences of a stage from dvc.lock by path or dotted name: modified, deleted, new."""

    deps: Mapping[str, str]
    params: Mapping[str, str]
    outs: Mapping[str, str]
    other: Sequence[str]  # as `changed command`

    def changed(self, kept: Container[str] = ()) -> Iterator[str]:
        """Yield what is other than in dvc.lock; of what is gone, parameters and files in `kept`."""
        for part in (self.deps, self.params, self.outs):
            yield from sorted(
                name
                for name, how in part.items()
                if how in CHANGED or part is self.params or name in kept
            )
        yield from self.other


def statuses(python: str, root: Path, *stages: str) -> dict[str, StageStatus]:
    """Return the stages that differ, by the DVC of a Python; all others are as in dvc.lock.

    Raises:
        StatusError: DVC fails.
    """
    command = [python, "-m", "dvc", "status", "--json", *stages]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
        found = json.loads(done.stdout)
    except OSError as error:
        raise StatusError(str(error)) from error
    except ValueError as error:
        raise StatusError(done.stderr.strip()) from error
    return {name: parsed(said) for name, said in found.items() if isinstance(said, list)}


def parsed(said: list[object]) -> StageStatus:
    """Return what the JSON of `dvc status` has of a stage."""
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
