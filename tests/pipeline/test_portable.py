"""The code says the same on every system: encodings, ends of lines, the order of files, modules."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PATHS = [path for room in ("reprise", "stages", "tools") for path in Path(room).rglob("*.py")]
LISTING = {"glob", "rglob", "iterdir", "scandir", "listdir", "walk"}
# Without other packages: seconds instead of a minute; what they tell of types is no matter here.
MYPY = ("mypy", "--config-file=", "--no-site-packages", "--ignore-missing-imports", "--cache-dir")
WRITES = {"w", "x", "a", "r+", "w+"}  # in a mode of text


def flaws(tree: ast.AST) -> Iterator[str]:
    """Yield the calls that another system would answer in another way."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            text, given = ast.unparse(call), {each.arg for each in call.keywords}
            name = ast.unparse(call.func).rpartition(".")[2]
            if writes_text(call, name) and "newline" not in given and "devnull" not in text:
                yield f"{text}: Windows would end lines otherwise: newline"
            if name in {"run", "Popen", "check_output"} and "text" in given:
                yield f"{text}: Windows has no UTF-8 there: encoding"
            if name == "sorted" and lists(call.args[0]) and "key" not in given:
                yield f"{text}: Windows sorts paths without their case: key"


def writes_text(call: ast.Call, name: str) -> bool:
    """Return whether a call writes, or opens to write, text."""
    modes = {each.value for each in call.args if isinstance(each, ast.Constant)}
    return name == "write_text" or (name == "open" and bool(modes & WRITES))


def lists(given: ast.expr) -> bool:
    """Return whether an expression is the paths in a folder."""
    called = given.func if isinstance(given, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in LISTING


def test_no_call_depends_on_the_system() -> None:
    trees = {path: ast.parse(path.read_text("utf-8")) for path in PATHS}
    found = [f"{path}: {flaw}" for path, tree in trees.items() for flaw in flaws(tree)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        "path.write_text('a', encoding='utf-8')",
        "path.open('w', encoding='utf-8')",
        "subprocess.run(command, text=True)",
        "sorted(folder.iterdir())",
    ],
)
def test_what_depends_on_the_system_is_found(code: str) -> None:
    assert [*flaws(ast.parse(code))]


def test_no_module_asks_for_what_windows_lacks() -> None:
    """Mypy knows what Python has there, and what `sys.platform` guards; macOS has more."""
    command = [sys.executable, "-m", *MYPY, os.devnull, "--platform", "win32"]
    command += ["--python-version", "3.11", *(path.as_posix() for path in PATHS)]
    told = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    assert "Found " in told.stdout, told.stderr  # of types, that other packages would tell
    lacking = re.compile(r"Module .*has no attribute|\[(Signals|ModuleType)\].*has no attribute")
    assert not [line for line in told.stdout.splitlines() if lacking.search(line)]
