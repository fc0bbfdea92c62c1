"""The sections of params.yaml, as plain values: whatever else YAML can express is refused."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from reprise.shortage import lacking
from stages import mistakes, plain
from stages.errors import UserError

LARGEST = 2**20  # bytes of the file: it has 12,000


def section(name: str, path: Path) -> str:
    """Return one section of the file as JSON, after a look at the names of all.

    Raises:
        UserError: the file or the section is missing, or holds other than names and plain values.
    """
    sections = _sections(path)
    _require_known(sections, path)
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
    """Return what the file says for all stages, unchecked; each stage checks its own section.

    Raises:
        UserError: the file is missing or does not parse.
    """
    found = _sections(path)
    return {str(name): held for name, held in found.items() if isinstance(held, dict)}


def _require_known(sections: Iterable[object], path: Path) -> None:
    """Refuse a section that no script reads: it would be silently ignored."""
    scripts = [
        script.stem
        for script in Path(__file__).parent.glob("*.py")
        if "\nif __name__ ==" in script.read_text(encoding="utf-8")
    ]
    for unknown in (str(key) for key in sections if key not in scripts):
        told = mistakes.short(unknown)
        raise UserError(f"{path}: section {told} is unknown; {mistakes.nearest(unknown, scripts)}")


def _require_plain(name: str, key: object, value: object, path: Path) -> None:
    """Refuse a parameter that is no name with a plain value."""
    label = mistakes.short(str(key))
    if flaw := plain.flaw(key) or plain.flaw(value):
        raise UserError(f"{path}: {name}.{label} {flaw}")
    try:
        json.dumps({key: value}, default=str)
    except (TypeError, ValueError) as error:  # a key that is no name, an alias of its own parent
        reason = mistakes.short(str(error))
        raise UserError(
            f"{path}: section {name} is not plain: {label}: {reason}; mend it by hand"
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
