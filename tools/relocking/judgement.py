"""Decide whether a stage that `dvc status` calls changed must run again, and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reprise.dvc_status import StageStatus
from reprise.escaping import first_line
from stages import mistakes, sections
from stages.params import PATH
from tools.checking import dependencies
from tools.provenance.lockfile import Locked, changes
from tools.relocking import former
from tools.relocking.sight import seer
from tools.relocking.syntax import differing


class Judgement(NamedTuple):
    """The comparison of the code of a stage, before and now."""

    same: list[str]  # files that say the same in other words
    other: list[str]  # reasons to run the stage, of its code
    elsewhere: list[str]  # of parameters, data and outputs: nothing that comparing code can spare


def judge(found: StageStatus, locked: Locked, gone: Sequence[str] = ()) -> Judgement:
    """Compare the code of a stage with that of which dvc.lock has the hash.

    `gone` is what it ran with, or made, and dvc.yaml names no more.
    """
    code = {path: how for path, how in found.deps.items() if path.startswith(dependencies.CODE)}
    data = {path: how for path, how in found.deps.items() if path not in code}
    elsewhere = [f"{name} is {how}" for name, how in {**_set(found, locked), **data}.items()]
    elsewhere += found.other
    elsewhere += [f"{path} is not what dvc.lock says: `dvc checkout`" for path in found.outs]
    elsewhere += [f"{name} is in dvc.lock, and dvc.yaml names it no more" for name in gone]
    same, other = list[str](), list[str]()
    for dep in code:
        for path, reasons in _compared(dep, locked.code.get(dep)):
            same += [] if reasons else [path]
            other += [f"{path}: {reason}" for reason in reasons]
    return Judgement(same, other, elsewhere)


def _set(found: StageStatus, locked: Locked) -> dict[str, str]:
    """Return the parameters that differ, in place of sections of which DVC says no more."""
    told = dict(found.params)
    for section, values in sections.stated(PATH).items():
        if told.get(section) == "modified":
            del told[section]
            now = {f"{section}.{key}": value for key, value in values.items()}
            then = {
                name: of for name, of in locked.params.items() if name.startswith(f"{section}.")
            }
            for name, *_ in changes(then, now):
                is_, was = (_told(name, values) for values in (now, then))
                told[name] = f"{is_}, and was {was}"
    return told


def _told(name: str, values: Mapping[str, object]) -> str:
    return mistakes.shown(values[name]) if name in values else "not set"


def _compared(dep: str, digest: str | None) -> Iterator[tuple[str, list[str]]]:
    """Yield each file of a dependency that differs, and what in it does; nothing if words alone."""
    now = {path.as_posix(): path.read_bytes() for path in dependencies.files(Path(dep))}
    then = former.files(dep, digest) if digest else {}
    if then is None:
        yield dep, ["what the stage ran with was not committed, so nothing can be compared"]
        return
    for path in sorted({*then, *now}):
        if then.get(path) != now.get(path):
            yield path, _reasons(path, then, now)


def _reasons(path: str, then: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[str]:
    """Return what differs in a file."""
    if path not in then or path not in now:
        return ["is new" if path in now else "is gone"]
    if not path.endswith(".py"):
        return ["is no Python, and every byte of it counts"]
    try:
        return [f"{name} changed" for name in differing(then[path], now[path])]
    except (SyntaxError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else first_line(error)
        return [f"cannot be compared ({reason})"]


def seeing(stage: str, deps: Iterable[str]) -> list[str]:
    """Return why a comment may be a change to a stage: code of its own that sees its source.

    `deps` are those that differ; folders may hold more code than is known to be imported.
    """
    code = [Path(dep) for dep in deps if dep.startswith(dependencies.CODE)]
    paths = {path for dep in code for path in dependencies.files(dep)}
    paths |= dependencies.closure(Path(f"stages/{stage}.py"))
    seers = {path: seer(path) for path in sorted(paths) if path.suffix == ".py"}
    return [
        f"{path}: uses {name}, so that comments or docstrings may change what {stage} gives"
        for path, name in seers.items()
        if name
    ]
