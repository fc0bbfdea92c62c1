"""The command `reprise completion`: print what a shell needs to complete the others."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from reprise import streams, tool_parsers
from reprise.clothes.draw_clothes import parser as draw_clothes_parser
from reprise.command_parser import CommandParser
from reprise.command_table import COMMANDS
from reprise.demo.demo import parser as demo_parser
from reprise.founding.new import parser as new_parser
from reprise.founding.upgrade import parser as upgrade_parser
from reprise.options import parser as predict_parser
from reprise.serving.settings import parser as serve_parser
from reprise.streams import PrintingError

SHELLS = ("bash", "zsh", "fish")
FILES = {"IMAGES", "FILE", "OUT.png", "MODEL", "MODEL.onnx", "PLACE"}
FOLDERS = {"FOLDER", "OUT"}
EPILOG = """\
  bash   echo 'eval "$(reprise completion bash)"' >> ~/.bashrc
  zsh    reprise completion zsh > /usr/local/share/zsh/site-functions/_reprise
  fish   reprise completion fish > ~/.config/fish/completions/reprise.fish
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    shell = parser().read(arguments).shell
    try:
        import shtab  # noqa: PLC0415 - for this alone
    except ModuleNotFoundError:
        print("reprise completion needs shtab: `pip install shtab`", file=sys.stderr)
        return 1
    try:
        streams.say(shtab.complete(_whole(shtab), shell))
    except PrintingError as error:
        print(f"reprise completion: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> CommandParser:
    """Return the parser of this command."""
    about = "Print what completes commands and options. To have it always:"
    made = CommandParser("reprise completion", about, EPILOG)
    made.add_argument("shell", choices=SHELLS)
    return made


PARSERS: dict[str, Callable[[], ArgumentParser]] = {
    "predict": predict_parser,
    "serve": serve_parser,
    "demo": demo_parser,
    "draw-clothes": draw_clothes_parser,
    "new": new_parser,
    "upgrade": upgrade_parser,
    "completion": parser,
    **{name: partial(tool_parsers.parser, name) for name in tool_parsers.ARGUMENTS},
}


def _whole(shtab: Any) -> ArgumentParser:  # noqa: ANN401 - a module
    """Return a parser of all commands."""
    made = ArgumentParser("reprise")
    commands = made.add_subparsers()
    for name, command in COMMANDS.items():
        known = [PARSERS[name]()] if name in PARSERS else []
        one = commands.add_parser(name, help=command.does, parents=known, add_help=not known)
        for action in one._actions:  # noqa: SLF001 - shtab reads what files it takes from there
            if action.metavar in {*FILES, *FOLDERS}:
                kind = shtab.FILE if action.metavar in FILES else shtab.DIRECTORY
                action.complete = kind  # type: ignore[attr-defined]
    return made


if __name__ == "__main__":
    sys.exit(main())
