"""The command `reprise completion`: print what a shell needs to complete the others."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from reprise.command_table import COMMANDS
from reprise.founding.new import parser as new_parser
from reprise.founding.upgrade import parser as upgrade_parser
from reprise.options import parser as predict_parser
from reprise.serving.settings import parser as serve_parser

PARSERS = {
    "predict": predict_parser,
    "serve": serve_parser,
    "new": new_parser,
    "upgrade": upgrade_parser,
}
SHELLS = ("bash", "zsh", "fish")
EPILOG = """\
  bash   echo 'eval "$(reprise completion bash)"' >> ~/.bashrc
  zsh    reprise completion zsh > /usr/local/share/zsh/site-functions/_reprise
  fish   reprise completion fish > ~/.config/fish/completions/reprise.fish
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    line = ArgumentParser(
        "reprise completion",
        description="Print what completes commands and options. To have it always:",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    line.add_argument("shell", choices=SHELLS)
    shell = line.parse_args(arguments).shell
    try:
        import shtab  # noqa: PLC0415 - for this alone
    except ModuleNotFoundError:
        print("reprise completion needs shtab: `pip install shtab`", file=sys.stderr)
        return 1
    print(shtab.complete(_whole(), shell), flush=True)
    return 0


def _whole() -> ArgumentParser:
    """Return a parser of all commands; of tools the options are not known here."""
    made = ArgumentParser("reprise")
    commands = made.add_subparsers()
    for name, command in COMMANDS.items():
        known = [PARSERS[name]()] if name in PARSERS else []
        one = commands.add_parser(name, help=command.does, parents=known, add_help=not known)
        for action in one._actions:  # noqa: SLF001 - shtab reads what files it takes from there
            if action.metavar in {"IMAGES", "FILE", "OUT.png", "FOLDER", "MODEL"}:
                action.complete = {"bash": "_shtab_compgen_files"}  # type: ignore[attr-defined]
        if name == "completion":
            one.add_argument("shell", choices=SHELLS)
    return made


if __name__ == "__main__":
    sys.exit(main())
