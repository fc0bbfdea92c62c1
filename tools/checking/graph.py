"""dvc.yaml: whether it names the code that stages import, and what it names beside code."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import normpath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from reprise.escaping import first_line
from stages import sections
from stages.errors import UserError
from stages.params import PATH
from tools.checking import dependencies
from tools.provenance.lockfile import Locked

GRAPH = Path("dvc.yaml")
VERSIONS = "versions.yaml"
OUTPUTS = ("outs", "metrics", "plots")
Stages = Mapping[str, Mapping[str, Any]]


def read() -> Stages:
    """Return the stages of dvc.yaml.

    Raises:
        UserError: it is missing, is no YAML, or lacks a stage or the deps of one.
    """
    restore = f"restore it with `git checkout {GRAPH}`"
    try:
        found = YAML(typ="safe").load(GRAPH.read_text("utf-8"))
    except (OSError, UnicodeError, YAMLError) as error:
        raise UserError(
            f"{GRAPH}: cannot be read ({_reason(error)}); mend it, or {restore}"
        ) from error
    stages = found.get("stages") if isinstance(found, dict) else None
    if not isinstance(stages, dict):
        raise UserError(f"{GRAPH}: has no `stages`; {restore}")
    for name in sections.stage_names():
        stage = stages.get(name)
        if not isinstance(stage, dict) or not isinstance(stage.get("deps"), list):
            raise UserError(f"{GRAPH}: has no stage {name} with deps; {restore}")
    return stages


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}: {getattr(error, 'problem', '')}" if mark else first_line(error)


def findings() -> Iterator[str]:
    """Yield where dvc.yaml does not name the code that a stage imports, with what it must say."""
    stages = read()
    for name in sections.stage_names():
        deps = sorted(str(dep) for dep in stages[name]["deps"])
        deps = [dep for dep in deps if dep.startswith(dependencies.CODE)]
        expected = dependencies.code_deps(name)
        if deps != expected:
            yield from (
                f"{path}: {name} imports no such module, and {GRAPH} names its folder"
                for path in dependencies.strays(name, deps)
            )
            rows = (f"      - {dep}" for dep in expected)
            yield "\n".join([f"{GRAPH}: {name}.deps, the code, must be", *rows])


def dropped(stage: Mapping[str, Any], locked: Locked) -> list[str]:
    """Return what a stage ran with, or made, and dvc.yaml names no more: DVC compares none of it.

    Of parameters, those are sections.
    """
    params = stage.get("params", [])
    named = {one.partition(".")[0] for one in params if isinstance(one, str)}
    files = [one for one in params if isinstance(one, Mapping)]
    versions = {key for one in files for key in one.get(VERSIONS) or []}
    outs = {path for kind in OUTPUTS for out in stage.get(kind, []) for path in _paths(out)}
    return [
        *sorted(
            {*locked.code, *locked.data} - {path for dep in stage["deps"] for path in _paths(dep)}
        ),
        *sorted({name.partition(".")[0] for name in locked.params} - named),
        *sorted(f"{VERSIONS}: {key}" for key in locked.versions.keys() - versions),
        *sorted(locked.outs.keys() - outs),
    ]


def _paths(written: object) -> Iterator[str]:
    """Yield the path of a dep or output as dvc.lock has it, with parameters filled in."""
    for one in written if isinstance(written, Mapping) else [written]:
        path = str(one)
        for name in re.findall(r"\$\{([\w.]+)\}", path):
            section, _, key = name.partition(".")
            value = sections.stated(PATH).get(section, {}).get(key)
            path = path.replace(f"${{{name}}}", str(value))
        yield normpath(path)
