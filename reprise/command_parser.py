"""The parser of every command: it says what was meant by a misspelt option or choice."""

import sys
from argparse import Action, ArgumentError, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from reprise.escaping import printable

NEAR = 0.85  # of 1: nearer than any option of DVC and TensorBoard to one of ours
LONGEST = 60  # letters of what a message repeats
MANY = {"+", "*"}  # positional arguments that may stand before and after options


class CommandParser(ArgumentParser):
    """The parser of a command line, without abbreviations: they would change their meaning."""

    def __init__(self, prog: str, description: str | None, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def read(self, arguments: Sequence[str] | None = None) -> Namespace:
        """Parse a command line; print usage and reason, and exit with code 2, where it is wrong."""
        given = sys.argv[1:] if arguments is None else [*arguments]
        self.refuse_unknown(given)
        several = any(action.nargs in MANY for action in self._get_positional_actions())
        return self.parse_intermixed_args(given) if several else self.parse_args(given)

    def read_some(self, arguments: Sequence[str] | None = None) -> tuple[Namespace, list[str]]:
        """Parse what it knows, and return the rest, which is another program's.

        An option that is nearly one of its own is refused.
        """
        given = sys.argv[1:] if arguments is None else [*arguments]
        for word in given:
            name = word.partition("=")[0]
            near = get_close_matches(name[:LONGEST], self._option_string_actions, 1, NEAR)
            if _is_option(word) and near and not self._knows(name):
                self.error(f"there is no option {_short(name)}; did you mean {near[0]}?")
        return self.parse_known_args(given)

    def refuse_unknown(self, given: Iterable[str]) -> None:
        """Refuse an option that there is not: before what else it may bring into disorder."""
        for word in given:
            if word == "--":
                return
            name = word.partition("=")[0]
            if _is_option(word) and not self._knows(name):
                meant = self._meant(name)
                self.error(f"there is no option {_short(name)}; {meant}")

    def _knows(self, name: str) -> bool:
        known = self._option_string_actions
        return name in known or (name[1] != "-" and name[:2] in known)

    def _meant(self, name: str) -> str:
        options = {one.lstrip("-"): one for one in self._option_string_actions}
        plain = name.strip("-").replace("_", "-").lower()[:LONGEST]
        values = {value: f"{name} {value}" for name, value in self._choices()}  # --json
        begun = [one for one in [*options, *values] if plain and one.startswith(plain)]
        found = (begun or get_close_matches(plain, options, n=1))[:1]
        if not found:
            return f"`{self.prog} --help` lists them"
        return f"did you mean {(values | options)[found[0]]}?"

    def _choices(self) -> Iterator[tuple[str, str]]:
        """Yield the options that take one of a few values, with each of these."""
        for action in self._actions:
            for value in (action.choices or ()) if action.option_strings else ():
                yield action.option_strings[-1], str(value)

    def _check_value(self, action: Action, value: Any) -> None:  # noqa: ANN401 - as argparse has it
        if action.choices is None or value in action.choices:
            return
        *most, last = known = [str(one) for one in action.choices]
        near = get_close_matches(str(value)[:LONGEST], known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        listed = f"{', '.join(most)} or {last}" if most else last
        raise ArgumentError(action, f"must be {listed}, is {_short(str(value))!r}{meant}")


def _is_option(word: str) -> bool:
    """Return whether a word is meant as an option: no number, no name with a space, no hyphen."""
    if not word.startswith("-") or word == "-" or " " in word.partition("=")[0]:
        return False
    try:
        float(word)
    except ValueError:
        return True
    return False


def _short(text: str) -> str:
    return printable(text[:LONGEST])
