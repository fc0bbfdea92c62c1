"""Read dvc.lock: the hashes and parameters with which each stage ran, and those of its outputs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages.errors import UserError

NOTHING = "nothing"


class Locked(NamedTuple):
    """One stage of dvc.lock: hashes by path, and the values of parameters by dotted name."""

    code: Mapping[str, str]
    data: Mapping[str, str]
    params: Mapping[str, object]
    versions: Mapping[str, object]
    outs: Mapping[str, str]


NOT_RUN = Locked({}, {}, {}, {}, {})  # a stage that is not in the lock


class Change(NamedTuple):
    """A name whose values differ in two locks."""

    name: str
    old: object
    new: object


def read(text: str) -> dict[str, Locked]:
    """Return the stages of a dvc.lock, in the order of the file.

    Raises:
        UserError: the text is no lock file.
    """
    try:
        return {name: _locked(said) for name, said in YAML(typ="safe").load(text)["stages"].items()}
    except Exception as error:  # a merge by hand leaves anything
        if lacking(error):
            raise
        raise UserError(
            f"dvc.lock: cannot be read ({type(error).__name__}); run `dvc repro`, and commit it"
        ) from error


def load(path: Path) -> dict[str, Locked]:
    """Return the stages of a lock file of this folder.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return read(path.read_text("utf-8"))
    except (OSError, UnicodeError) as error:
        if lacking(error):
            raise
        raise UserError(
            f"{path}: cannot be read ({first_line(error)}); restore it with `git checkout {path}`"
        ) from error


def changes(old: Mapping[str, object], new: Mapping[str, object]) -> list[Change]:
    """Return the names whose values differ, sorted; a name that one side lacks has `nothing`."""
    pairs = ((name, old.get(name, NOTHING), new.get(name, NOTHING)) for name in {*old, *new})
    return sorted(Change(*pair) for pair in pairs if pair[1] != pair[2])


def _locked(said: Mapping[str, Any]) -> Locked:
    deps, outs = (
        {item["path"]: item["md5"] for item in said.get(kind, [])} for kind in ("deps", "outs")
    )
    params = dict(said.get("params", {}))
    code = {path for path in deps if path.startswith(("stages/", "reprise/"))}
    return Locked(
        code={path: deps[path] for path in deps if path in code},
        data={path: deps[path] for path in deps if path not in code},
        versions=params.pop("versions.yaml", {}),
        params=dict(_flat(iter(params.values()))),
        outs=outs,
    )


def _flat(groups: Iterator[Mapping[str, object]], prefix: str = "") -> Iterator[tuple[str, object]]:
    for group in groups:
        for key, value in group.items():
            if isinstance(value, dict):
                yield from _flat(iter([value]), f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", value
