"""The code says the same on every system: encodings, ends of lines, and the order of files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PATHS = [path for room in ("reprise", "stages", "tools") for path in Path(room).rglob("*.py")]
LISTING = {"glob", "rglob", "iterdir", "scandir", "listdir", "walk"}


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls of a module, with the last name of what is called."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func).rpartition(".")[2]


def mode(call: ast.Call, name: str) -> str:
    """Return the mode in which a call opens a file."""
    place = 0 if isinstance(call.func, ast.Attribute) and name == "open" else 1
    given = [each.value for each in call.keywords if each.arg == "mode"] or call.args[place:][:1]
    return str(ast.literal_eval(given[0])) if given else "r"


def flaws(path: Path) -> Iterator[str]:
    """Yield what another system would do in another way."""
    for call, name in calls(path):
        said, text = {each.arg for each in call.keywords}, ast.unparse(call)
        if name == "write_text" and "newline" not in said:
            yield f"{call.lineno}: {text}: without newline"
        if (name == "open" and text.startswith(("open(", "Path("))) or ".open('" in text:
            if name == "open" and {*mode(call, name)} & {*"wxa"} and "b" not in mode(call, name):
                if "newline" not in said and "devnull" not in text:
                    yield f"{call.lineno}: {text}: without newline"
        if name == "run" and any(each.arg == "text" for each in call.keywords):
            yield f"{call.lineno}: {text}: without encoding"
        if name == "sorted" and "key" not in said and isinstance(call.args[0], ast.Call):
            inner = ast.unparse(call.args[0].func).rpartition(".")[2]
            if inner in LISTING:
                yield f"{call.lineno}: {text}: Windows sorts paths without their case: give a key"


@pytest.mark.parametrize("path", PATHS, ids=Path.as_posix)
def test_no_call_depends_on_the_system(path: Path) -> None:
    assert not [*flaws(path)]
