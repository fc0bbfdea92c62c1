"""Decide whether a stage that `dvc status` calls changed must run again, and why."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from reprise.dvc_status import StageStatus
from stages import mistakes, sections
from stages.errors import UserError
from stages.params import PATH
from tools.checking import dependencies
from tools.provenance.lockfile import Locked, changes
from tools.relocking import former
from tools.relocking.syntax import differing, reader


class Judgement(NamedTuple):
    """The comparison of the code of a stage, before and now."""

    same: list[str]  # files that say the same in other words
    other: list[str]  # reasons to run the stage, of its code
    elsewhere: list[str]  # of parameters, data and outputs: nothing that comparing code can spare


def judge(found: StageStatus, locked: Locked) -> Judgement:
    """Compare the code of a stage with that of which dvc.lock has the hash."""
    code = {path: how for path, how in found.deps.items() if path.startswith(dependencies.CODE)}
    data = {path: how for path, how in found.deps.items() if path not in code}
    elsewhere = [f"{name} is {how}" for name, how in {**_set(found, locked), **data}.items()]
    elsewhere += found.other
    elsewhere += [f"{path} is not what dvc.lock says: `dvc checkout`" for path in found.outs]
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
            for name, was, is_ in changes(then, now):
                told[name] = f"{mistakes.shown(is_)}, and was {mistakes.shown(was)}"
    return told


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
    except SyntaxError as error:
        return [f"is no Python ({error.msg})"]


def require_blind(stage: str) -> None:
    """Refuse code that reads its own source: to it, a comment may be a change.

    Raises:
        UserError: a module of the stage does.
    """
    for path in dependencies.closure(Path(f"stages/{stage}.py")):
        if path.suffix == ".py" and (name := reader(path.read_bytes())):
            raise UserError(
                f"{path}: uses {name}, so that comments or docstrings may change what {stage} "
                f"gives; run it: `dvc repro {stage}`"
            )
