"""The command `reprise`: one name for all that Reprise does; `python -m reprise` is the same."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path

from reprise import repository, streams, tool_parsers
from reprise.command_table import COMMANDS
from reprise.escaping import printable
from reprise.repository import PlaceError
from reprise.streams import PrintingError

USAGE = "usage: reprise COMMAND [arguments]"
HEAD = f"""\
{USAGE}

Train image classifiers that anybody can compute again, and ask them.
"""
FOOT = "\n`reprise COMMAND --help` tells more of one, `reprise --version` the version."
HELP, VERSION = {"-h", "--help", "help"}, {"-V", "--version"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code: 2 where there is no such command."""
    name, *rest = [*(sys.argv[1:] if arguments is None else arguments)] or [""]
    try:
        return _main(name, rest)
    except BrokenPipeError:  # the reader has ended, as `head` does
        streams.discard()
        return 141  # 128 + SIGPIPE


def _main(name: str, rest: Sequence[str]) -> int:
    if rest and (whole := f"{name}-{rest[0]}") in COMMANDS:
        name, *rest = whole, *rest[1:]  # `reprise search apply`
    if name in {*HELP, *VERSION}:
        return _say(page() if name in HELP else f"reprise {_version()}")
    if name not in COMMANDS:
        return _report(f"{USAGE}\n{_unknown(name)}" if name else page(), 2)
    if rest and not rest[0].startswith("-") and (whole := _nearly(name, rest[0])):
        return _report(f"{USAGE}\ndid you mean `reprise {whole}`?", 2)
    try:
        return _run(name, rest)
    except PlaceError as error:
        return _report(f"reprise {name}: {error}")
    except KeyboardInterrupt:
        return _report("stopped", 130)  # 128 + SIGINT, as a shell reports it


def page() -> str:
    """Return the page of help: the commands by what they are for."""
    width = max(map(len, COMMANDS))
    parts = [HEAD]
    for group, commands in groupby(COMMANDS.items(), lambda one: one[1].group):
        rows = [f"  {name:{width}}  {command.does}" for name, command in commands]
        parts.append("\n".join([f"\n{group}", *rows, ""]))
    return "".join([*parts, FOOT])


def _run(name: str, rest: Sequence[str]) -> int:
    command = COMMANDS[name]
    if command.is_tool:
        asks = {"-h", "--help"} & {*rest} and name in tool_parsers.ARGUMENTS
        if asks and repository.around(Path.cwd()) is None:
            tool_parsers.parser(name).read(["--help"])
        return repository.run(command.module, [*command.leading, *rest])
    code: int = import_module(command.module).main([*command.leading, *rest])
    return code


def _unknown(name: str) -> str:
    """Say that there is no such command, and which was meant."""
    near = get_close_matches(name, [*COMMANDS, "--help", "--version"], n=1, cutoff=0.5)
    meant = f"did you mean `reprise {near[0]}`? " if near else ""
    return f"there is no command {printable(name)}; {meant}`reprise --help` lists them"


def _nearly(name: str, word: str) -> str:
    """Return the command of two words that was almost named, as `search aply`; else nothing."""
    others = [other for other in COMMANDS if other.startswith(f"{name}-")]
    near = get_close_matches(f"{name}-{word}", others, n=1, cutoff=0.9)
    return near[0] if near else ""


def _say(text: str) -> int:
    try:
        streams.say(text)
    except PrintingError as error:
        return _report(f"reprise: {error}")
    return 0


def _version() -> str:
    try:
        return version("reprise")
    except PackageNotFoundError:
        return "of a folder that is not installed"


def _report(message: str, code: int = 1) -> int:
    if sys.stderr:
        print(message, file=sys.stderr)
    return code
