"""Read and set parameters in the text of a params.yaml, a line each, by the standard library alone.

Values stay text: what stands between the name and the comment, and lines below that are deeper.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

COLUMN = 22  # of the comments
VALUE = r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|.*?)"""
LEAF = re.compile(rf"  (\w+):(?: +{VALUE})??(?:\s+(#.*))?\s*$")
PLAIN = re.compile(r"[A-Za-z_/~][\w./+-]*")  # text that is no number, and needs no quotes
WORDS = {
    "~",
    "null",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
}  # to YAML, something else


class Value(NamedTuple):
    """The value of a parameter, as text."""

    text: str  # behind the name
    below: tuple[str, ...] = ()  # deeper lines, of a list that has more than one


class ParamLine(NamedTuple):
    """A line of the file."""

    name: str  # section and parameter; empty of any other line
    value: Value  # of any other line, the line
    comment: str = ""


class Versions(NamedTuple):
    """The text of params.yaml in three commits."""

    base: str  # Reprise's, before
    ours: str  # the user's
    theirs: str  # Reprise's, now


def parse(text: str) -> list[ParamLine]:
    """Return the lines of a file of parameters."""
    lines, section = list[ParamLine](), ""
    for row in text.removesuffix("\n").split("\n"):
        if head := re.match(r"(\w+):", row):
            section = head[1]
        leaf = LEAF.match(row)
        if leaf and section:
            lines.append(ParamLine(f"{section}.{leaf[1]}", Value(leaf[2] or ""), leaf[3] or ""))
        elif row.startswith("   ") and row.strip() and lines and lines[-1].name:
            value = Value(lines[-1].value.text, (*lines[-1].value.below, row))
            lines[-1] = lines[-1]._replace(value=value)
        else:
            lines.append(ParamLine("", Value(row)))
    return lines


def values(text: str) -> dict[str, Value]:
    """Return the values by dotted name."""
    return {line.name: line.value for line in parse(text) if line.name}


def with_values(text: str, new: Mapping[str, Value]) -> str:
    """Return the text with other values for some of its parameters."""
    lines = (line._replace(value=new.get(line.name, line.value)) for line in parse(text))
    return "".join(f"{row}\n" for line in lines for row in rows(line))


def rows(line: ParamLine) -> Iterator[str]:
    """Yield the rows of the file that a line stands for, its comment in the column of comments."""
    if not line.name:
        yield line.value.text
        return
    entry = f"  {line.name.partition('.')[2]}: {line.value.text}".rstrip()
    yield f"{entry:<{COLUMN}}  {line.comment}" if line.comment else entry
    yield from line.value.below


def scalar(value: str) -> str:
    """Return text as YAML writes it: in double quotes, unless it is plain."""
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)
