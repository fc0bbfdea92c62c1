"""The sections of params.yaml, as plain values: whatever else YAML can express is refused."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NoReturn
from unicodedata import category

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from reprise.shortage import lacking
from stages import mistakes
from stages.errors import UserError

LARGEST = 2**20  # bytes of the file: it has 12,000
MOST = 10_000  # values of a parameter, aliases counted wherever they stand
DEEPEST = 20  # lists within lists
LONGEST = 1000  # bits of a whole number
WHITE = "\t\n\r"


def section(name: str, path: Path) -> str:
    """Return one section of the file as JSON, after a look at the names of all.

    Raises:
        UserError: the file or the section is missing, or holds other than names and plain values.
    """
    sections = _sections(path)
    # A section belongs to the script of its name; any other would be silently ignored.
    scripts = [
        script.stem
        for script in Path(__file__).parent.glob("*.py")
        if "\nif __name__ ==" in script.read_text(encoding="utf-8")
    ]
    for unknown in (str(key) for key in sections if key not in scripts):
        told = mistakes.short(unknown)
        raise UserError(f"{path}: section {told} is unknown; {mistakes.nearest(unknown, scripts)}")
    if name not in sections:
        raise UserError(f"{path}: section {name} is missing; restore it with `git checkout {path}`")
    found = sections[name]
    if not isinstance(found, dict):
        raise UserError(
            f"{path}: section {name} must hold one key per parameter, "
            f"holds {mistakes.shown(found, str)}"
        )
    try:
        for key, value in found.items():
            _require_plain(f"{path}: {name}.{mistakes.short(str(key))}", value)
        # As JSON, where strict has a list for a tuple; a YAML date becomes a string.
        return json.dumps(found, default=str)
    except (TypeError, ValueError) as error:  # a key that is no name, an alias of its own parent
        raise UserError(
            f"{path}: section {name} is not plain: {mistakes.short(str(error))}; mend it by hand"
        ) from error


def _sections(path: Path) -> dict[object, object]:
    """Parse the file as YAML 1.2, as DVC does: 1e-3 is a number (in 1.1 it is a string)."""
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(
                f"{path}: holds {path.stat().st_size:,} bytes, expected at most {LARGEST:,}; "
                f"restore it with `git checkout {path}`"
            )
        # In Python throughout: the parser in C, where it is installed, reads YAML 1.1.
        sections = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: is missing in {Path.cwd()}; run from the repository's top folder, "
            f"or restore it with `git checkout {path}`"
        ) from error
    except (YAMLError, ValueError, LookupError, AttributeError, TypeError, OSError) as error:
        _refuse(path, error)
    except RecursionError as error:
        raise UserError(
            f"{path}: is not valid YAML: it is nested too deeply; mend it by hand"
        ) from error
    if not isinstance(sections, dict):
        held = mistakes.shown(sections, repr)
        raise UserError(f"{path}: must hold one section per stage, holds {held}")
    return sections


def _refuse(path: Path, error: Exception) -> NoReturn:
    """Say what is wrong with the text, in one line, unless it is the machine that lacks something.

    Raises:
        UserError: in any other case.
    """
    if lacking(error):
        raise error
    reason = mistakes.short(" ".join(str(error).split()))
    if isinstance(error, MarkedYAMLError) and error.problem_mark:
        reason = f"line {error.problem_mark.line + 1}: {mistakes.short(str(error.problem))}"
    raise UserError(f"{path}: is not valid YAML: {reason}; mend it by hand") from error


def _require_plain(place: str, value: object) -> None:
    """Refuse a value that could not be shown, stored or counted.

    Raises:
        UserError: it holds too much, or text or a number that nobody writes on purpose.
        ValueError: it is part of itself.
    """
    for number, inner in enumerate(islice(_values(place, value, ()), MOST + 1)):
        if number == MOST:
            raise UserError(
                f"{place} holds more than {MOST:,} values, counting what aliases (*name) stand "
                "for; write it without them"
            )
        if isinstance(inner, int) and inner.bit_length() > LONGEST:
            raise UserError(f"{place} must be a number of at most 300 digits; mend it by hand")
        if isinstance(inner, str) and (strange := _strange(inner)):
            raise UserError(
                f"{place} must be text without control characters, has {strange}, "
                f"is {mistakes.shown(inner)}"
            )


def _values(place: str, value: object, above: tuple[int, ...]) -> Iterator[object]:
    """Yield a value and all that is in it."""
    yield value
    if not isinstance(value, dict | list):
        return
    if id(value) in above:
        raise ValueError("Circular reference: an alias stands for what it is part of")
    if len(above) == DEEPEST:
        raise UserError(f"{place} is nested deeper than {DEEPEST} lists; mend it by hand")
    parts = value if isinstance(value, list) else (part for pair in value.items() for part in pair)
    for inner in parts:
        yield from _values(place, inner, (*above, id(value)))


def _strange(text: str) -> str:
    """Name the first letter that is half of one, or commands a machine, or return nothing."""
    odd = (letter for letter in text if category(letter) in {"Cc", "Cs"} and letter not in WHITE)
    return next((f"U+{ord(letter):04X}" for letter in odd), "")
