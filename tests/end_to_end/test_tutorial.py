"""docs/tutorial.md, followed word for word: each command is run, and each output is compared.

A block ```console has commands behind `$ `, and what they print. In it, `...` within a line is
whatever stands there, and a line of `...` alone any number of lines. A comment `not run` before a
block, with the reason, has it passed over. Port 8000 becomes one that is free.
"""

import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest
from conftest import ROOT, Clone

PAGE = ROOT / "docs/tutorial.md"
BLOCK = re.compile(r"(?ms)^(<!-- not run: [^\n]+ -->\n)?^```console\n(.*?)^```$")
END = "### end of a command"


class Step(NamedTuple):
    command: str
    printed: str  # with `...` for what differs


def steps(text: str) -> Iterator[Step]:
    """Yield the commands of a page, in order."""
    for block in BLOCK.finditer(text):
        assert block[2].startswith("$ "), block[2]
        if not block[1]:
            for part in re.split(r"(?m)^\$ ", block[2])[1:]:
                command, more = re.match(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
                yield Step(command, more)


def pattern(printed: str) -> str:
    """Return a regular expression of what a page shows."""
    lines = (
        r"(?:[^\n]*\n)*?"
        if line == "..."
        else ".*?".join(map(re.escape, line.split("..."))) + r"\n"
        for line in printed.splitlines()
    )
    return "".join(lines)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Shell:
    """A shell in which one command follows another."""

    def __init__(self, clone: Clone) -> None:
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=clone.root.parent,
            env=clone.env | {"HOME": str(clone.root.parent), "COLUMNS": "100"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> str:
        """Run a command, and return what it printed."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{command}\necho '{END}' $?\n")
        self.process.stdin.flush()
        lines = list[str]()
        for line in self.process.stdout:
            before, found, code = line.partition(END)
            lines += [before] if before else []
            if found:
                text = "".join(lines)
                text += "\n" * bool(before)  # of what ends in the middle of a line
                assert code.strip() == "0", f"{command} ended with {code}{text}"
                return text
        raise AssertionError(f"{command}: the shell ended\n{''.join(lines)}")


@pytest.fixture
def shell(clone: Callable[[str], Clone]) -> Iterator[Shell]:
    """Return a shell beside a clone called reprise; the command `reprise` runs what is there."""
    made = clone("reprise")
    programs = made.root.parent / "bin"
    programs.mkdir()
    (programs / "reprise").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reprise "$@"\n')
    (programs / "reprise").chmod(0o755)
    made.env["PATH"] = f"{programs}:{made.env['PATH']}"
    begun = Shell(made)
    with begun.process:
        yield begun
        with suppress(ProcessLookupError):
            os.killpg(begun.process.pid, signal.SIGTERM)  # the server, too, where a step failed


@pytest.mark.skipif(not shutil.which("bash"), reason="its commands are those of a shell of Unix")
@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="another architecture has other bits"
)
@pytest.mark.first
def test_the_tutorial_holds_word_for_word(shell: Shell) -> None:
    port = free_port()
    for command, printed in steps(PAGE.read_text("utf-8")):
        found = shell.run(re.sub(r"\b8000\b", port, command)).replace(port, "8000")
        assert re.fullmatch(pattern(printed), found), (
            f"$ {command}\n{found}\n--- the page has\n{printed}"
        )


@pytest.mark.parametrize(
    ("shown", "found", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "b\n", False),
        ("a... s\n", "a 1.5 s\n", True),
        ("a... s\n", "a\n s\n", False),
        ("a\n...\n", "a\nb\nc\n", True),
        ("...\nc\n", "c\n", True),
        ("a\n...\nd\n", "a\nb\nc\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_dots_stand_for_what_differs(shown: str, found: str, *, same: bool) -> None:
    assert bool(re.fullmatch(pattern(shown), found)) is same


def test_steps_are_the_commands_that_are_run() -> None:
    page = (
        "x\n```console\n$ a\n1\n2\n$ b \\\n    c\n```\n"
        "<!-- not run: slow -->\n```console\n$ d\n```\n"
    )
    assert [*steps(page)] == [Step("a", "1\n2\n"), Step("b \\\n    c", "")]
