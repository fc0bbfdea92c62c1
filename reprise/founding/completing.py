"""Bring a params.yaml that was merged by lines to the parameters that it must have.

Where the user wrote beside a line of Reprise's, a merge by lines leaves out a parameter that is new
there, and keeps one that is gone; where Reprise moved a parameter, it can lose it or have it twice.
"""

import re
from collections.abc import Iterable

from reprise.founding.parameter_lines import (
    ParamLine,
    Value,
    Versions,
    parse,
    rows,
    values,
    with_values,
)


def completed(text: str, of: Versions) -> str:
    """Return the merged text with all parameters of the user and all new ones, each once."""
    base, ours, theirs = (values(one).keys() for one in of)
    kept = ours - (base - theirs)  # a parameter that the user took out stays out
    new = theirs - base - ours
    lines = parse(text)
    heads = [head for line in lines if (head := _head(line))]
    if len({*heads}) < len(heads) or kept - _names(lines):
        lines = parse(of.ours)  # no merge, but nothing of the user is lost
    lines = _once(line for line in lines if line.name in {"", *kept, *new})
    newer = parse(with_values(of.theirs, values(of.ours)))
    for place, line in enumerate(newer):
        if line.name in new - _names(lines):
            before = [former.name for former in newer[:place] if former.name]
            lines = _inserted(lines, line, before)
    return "".join(f"{row}\n" for line in lines for row in rows(line))


def _once(lines: Iterable[ParamLine]) -> list[ParamLine]:
    """Return the lines without those of a parameter that came before."""
    made, known = list[ParamLine](), set[str]()
    for line in lines:
        if line.name not in known:
            made.append(line)
        known |= {line.name} - {""}
    return made


def _inserted(lines: list[ParamLine], new: ParamLine, before: list[str]) -> list[ParamLine]:
    """Return the lines with a new one behind the nearest that Reprise has before it."""
    section = f"{new.name.partition('.')[0]}:"
    names = [line.name for line in lines]
    for former in reversed(before):
        if former.startswith(section.replace(":", ".")) and former in names:
            place = names.index(former) + 1
            return [*lines[:place], new, *lines[place:]]
    heads = [_head(line) for line in lines]
    if section in heads:
        place = heads.index(section) + 1
        return [*lines[:place], new, *lines[place:]]
    return [*lines, ParamLine("", Value("")), ParamLine("", Value(section)), new]


def _head(line: ParamLine) -> str:
    """Return the name of the section that a line begins, with its colon; empty of other lines."""
    found = None if line.name else re.match(r"\w+:", line.value.text)
    return found[0] if found else ""


def _names(lines: Iterable[ParamLine]) -> set[str]:
    return {line.name for line in lines} - {""}
