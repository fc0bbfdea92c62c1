"""The command `reprise completion`: print what a shell needs to complete the others."""

import sys
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator, Sequence
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
PROGRAMS = ("reprise", "reprise-predict")
EPILOG = """\
  bash   echo 'eval "$(reprise completion bash)"' >> ~/.bashrc
  zsh    reprise completion zsh > /usr/local/share/zsh/site-functions/_reprise
  fish   reprise completion fish > ~/.config/fish/completions/reprise.fish

bash learns of reprise-predict, too. zsh and fish look for it in a file of its own, _reprise-predict
or reprise-predict.fish: `reprise completion fish reprise-predict` prints it.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    asked = parser().read(arguments)
    try:
        import shtab  # noqa: PLC0415 - for this alone
    except ModuleNotFoundError:
        print("reprise completion needs shtab: `pip install shtab`", file=sys.stderr)
        return 1
    try:
        streams.say(_script(shtab, asked.shell, asked.program))
    except PrintingError as error:
        print(f"reprise completion: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> CommandParser:
    """Return the parser of this command."""
    about = "Print what completes commands and options. To have it always:"
    made = CommandParser("reprise completion", about, EPILOG)
    made.add_argument("shell", choices=SHELLS)
    what = "what is completed (reprise; in bash both)"
    made.add_argument("program", nargs="?", choices=PROGRAMS, metavar="PROGRAM", help=what)
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


def _script(shtab: Any, shell: str, program: str | None) -> str:  # noqa: ANN401 - a module
    """Return what a shell reads; bash has all in one, others look for a file a program."""
    everything = PROGRAMS if shell == "bash" else PROGRAMS[:1]
    made = {"reprise": _whole, "reprise-predict": _predict}
    names = (program,) if program else everything
    return "\n".join(shtab.complete(made[name](shtab), shell) for name in names)


def _whole(shtab: Any) -> ArgumentParser:  # noqa: ANN401 - a module
    """Return a parser of all commands."""
    made = ArgumentParser("reprise")
    commands = made.add_subparsers()
    for name in COMMANDS:
        one = _command(commands, name, name)
        seconds = [other for other in COMMANDS if other.startswith(f"{name}-")]
        if seconds and all(action.option_strings for action in one._actions):  # noqa: SLF001
            words = one.add_subparsers()  # `search apply`; `verify` takes words of its own
            for other in seconds:
                _command(words, other.removeprefix(f"{name}-"), other)
    for one in _all(made):
        _say_what_files(one, shtab)
    return made


def _predict(shtab: Any) -> ArgumentParser:  # noqa: ANN401 - a module
    """Return the parser of `reprise-predict`."""
    made = ArgumentParser("reprise-predict", parents=[predict_parser()], add_help=False)
    _say_what_files(made, shtab)
    return made


def _command(commands: Any, word: str, name: str) -> ArgumentParser:  # noqa: ANN401 - argparse's
    """Add a command to others, as a word, and return its parser."""
    known = PARSERS[name]()
    made: ArgumentParser = commands.add_parser(
        word, help=COMMANDS[name].does, parents=[known], add_help=False
    )
    return made


def _all(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """Yield a parser, and those of its commands."""
    yield parser
    for action in parser._actions:  # noqa: SLF001 - argparse shows them nowhere else
        if isinstance(action, _SubParsersAction):
            for one in action.choices.values():
                yield from _all(one)


def _say_what_files(parser: ArgumentParser, shtab: Any) -> None:  # noqa: ANN401 - a module
    for action in parser._actions:  # noqa: SLF001 - shtab reads what files it takes from there
        if action.metavar in {*FILES, *FOLDERS}:
            kind = shtab.FILE if action.metavar in FILES else shtab.DIRECTORY
            action.complete = kind  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
