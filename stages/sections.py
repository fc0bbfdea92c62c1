"""Read sections of params.yaml as plain values; refuse whatever else YAML can express."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NoReturn
from unicodedata import category

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from reprise.shortage import lacking
from stages import mistakes
from stages.errors import UserError

LARGEST = 2**20  # bytes of the file, which has about 12,000
MOST = 10_000  # values of a parameter, aliases counted wherever they stand
DEEPEST = 20  # lists within lists
LONGEST = 1000  # bits of an integer
WHITE = "\t\n\r"  # control characters that text may hold


def section(name: str, path: Path, known: Collection[str] | None = None) -> str:
    """Return one section of the file as JSON, after checking the names of all sections.

    `known` are the sections that the file may have; None: one of each stage.

    Raises:
        UserError: the file or the section is missing, or holds other than names and plain values.
    """
    sections = _load(path)
    _require_known(sections, path, stage_names() if known is None else known)
    if name not in sections:
        raise UserError(f"{path}: section {name} is missing; restore it with `git checkout {path}`")
    found = sections[name]
    if not isinstance(found, dict):
        held = mistakes.shown(found, str)
        raise UserError(f"{path}: section {name} must hold one key per parameter, holds {held}")
    for key, value in found.items():
        _require_plain(name, key, value, path)
    # As JSON, where strict has a list for a tuple; a YAML date becomes a string.
    return json.dumps(found, default=str)


def stated(path: Path) -> dict[str, dict[str, object]]:
    """Return the values of all sections, unchecked: each stage checks its own.

    Raises:
        UserError: the file is missing or does not parse.
    """
    found = _load(path)
    return {str(name): held for name, held in found.items() if isinstance(held, dict)}


def stage_names(folder: Path = Path(__file__).parent) -> list[str]:
    """Return the stages, each of which has a section of its name.

    A stage is a script that can be run and defines the class of its section, `Train` in train.py;
    any other script beside it has none.
    """
    return sorted(script.stem for script in folder.glob("*.py") if _is_stage(script))


def _is_stage(script: Path) -> bool:
    if not script.stem.isidentifier():  # as the lock of an editor, a link that leads nowhere
        return False
    text = script.read_text(encoding="utf-8", errors="replace")
    own = re.search(rf"^class {re.escape(script.stem.capitalize())}\(", text, re.MULTILINE)
    return own is not None and "\nif __name__ ==" in text


def _require_known(sections: Iterable[object], path: Path, known: Collection[str]) -> None:
    """Refuse an unknown section, which would be ignored silently."""
    for unknown in (str(key) for key in sections if key not in known):
        told = mistakes.short(unknown)
        raise UserError(f"{path}: section {told} is unknown; {mistakes.nearest(unknown, known)}")


def _load(path: Path) -> dict[object, object]:
    """Read all sections.

    Raises:
        UserError: the file is missing, does not parse, or holds no sections.
    """
    try:
        sections = _parse(path)
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


def _parse(path: Path) -> object:
    """Parse the file as YAML 1.2, as DVC does: 1e-3 is a number (in 1.1 it is a string)."""
    if (size := path.stat().st_size) > LARGEST:
        raise UserError(
            f"{path}: holds {size:,} bytes, expected at most {LARGEST:,}; "
            f"restore it with `git checkout {path}`"
        )
    # In Python throughout: the parser in C, where it is installed, reads YAML 1.1.
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def _refuse(path: Path, error: Exception) -> NoReturn:
    """Say in one line why the text does not parse; an error of the machine stays as it is.

    Raises:
        UserError: it is the text that is wrong.
    """
    if lacking(error):
        raise error
    reason = mistakes.short(" ".join(str(error).split()))
    if isinstance(error, MarkedYAMLError) and error.problem_mark:
        reason = f"line {error.problem_mark.line + 1}: {mistakes.short(str(error.problem))}"
    raise UserError(f"{path}: is not valid YAML: {reason}; mend it by hand") from error


def _require_plain(name: str, key: object, value: object, path: Path) -> None:
    """Refuse a parameter whose key is no name, or whose value is not plain."""
    label = mistakes.short(str(key))
    if found := _flaw(key) or _flaw(value):
        raise UserError(f"{path}: {name}.{label} {found}")
    try:
        json.dumps({key: value}, default=str)
    except (TypeError, ValueError) as error:  # a key that is no name, an alias of its own parent
        reason = mistakes.short(str(error))
        raise UserError(
            f"{path}: section {name} is not plain: {label}: {reason}; mend it by hand"
        ) from error


def _flaw(value: object) -> str:
    """Say what is not plain in a value: its number, depth or size of values; else nothing."""
    for number, (inner, depth) in enumerate(islice(_values(value, ()), MOST + 1)):
        if number == MOST:
            return (
                f"holds more than {MOST:,} values, counting what aliases (*name) stand for; "
                "write it without them"
            )
        if depth > DEEPEST:
            return f"is nested deeper than {DEEPEST} lists; mend it by hand"
        if isinstance(inner, int) and inner.bit_length() > LONGEST:
            return "must be a number of at most 300 digits; mend it by hand"
        if isinstance(inner, str) and (strange := _strange(inner)):
            shown = mistakes.shown(inner)
            return f"must be text without control characters, has {strange}, is {shown}"
    return ""


def _values(value: object, above: tuple[int, ...]) -> Iterator[tuple[object, int]]:
    """Yield a value and all in it, each with its depth; an alias of its own parent only once."""
    yield value, len(above)
    if isinstance(value, dict | list) and id(value) not in above and len(above) <= DEEPEST:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            yield name, len(above)
            yield from _values(inner, (*above, id(value)))


def _strange(text: str) -> str:
    """Return the first control character or lone surrogate as U+ and its number, or nothing."""
    if text.isprintable():
        return ""
    odd = (letter for letter in text if category(letter) in {"Cc", "Cs"} and letter not in WHITE)
    return next((f"U+{ord(letter):04X}" for letter in odd), "")
