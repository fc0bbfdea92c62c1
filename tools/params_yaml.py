"""Set parameters in params.yaml; comments, order and style stay."""

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages import files, mistakes
from stages.errors import UserError
from stages.params import PATH, Params, ParamsT

COLUMN = 22  # of the comments
Sections = dict[str, dict[str, Any]]


class Setting(NamedTuple):
    """A parameter that a recipe changes."""

    name: str  # dotted
    old: object
    new: object

    def __str__(self) -> str:
        """Return a line for a person."""
        old, new = (mistakes.shown(value, repr) for value in (self.old, self.new))
        return f"{self.name}: {old} -> {new}"


def read(path: Path) -> Sections:
    """Read a file of parameters; comments and the style of lists are kept for `write`.

    Raises:
        UserError: the file is missing, or holds something else.
    """
    try:
        found = _yaml().load(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: is missing; restore it from Git") from error
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise UserError(f"{path}: cannot be read: {mistakes.short(str(error))}") from error
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()):
        raise UserError(f"{path}: holds no sections of parameters; restore it from Git")
    return found


def merge(params: Sections, settings: Mapping[str, Mapping[str, Any]]) -> list[Setting]:
    """Set the parameters of some sections in place, and return those that changed.

    Raises:
        UserError: a parameter is not there to be set.
    """
    changes = list[Setting]()
    for section, values in settings.items():
        for key, value in values.items():
            name = f"{section}.{key}"
            if key not in params.get(section, {}):
                raise UserError(f"{PATH}: {name} is missing; restore it from Git")
            old = params[section][key]
            if repr(old) != repr(value):  # 0 is not false, and 20.0 no number of epochs
                params[section][key] = value
                changes.append(Setting(name, old, value))
    return changes


def checked(cls: type[ParamsT], settings: Mapping[str, Mapping[str, Any]]) -> ParamsT:
    """Return a section of params.yaml as it is when some parameters are set.

    Raises:
        UserError: a parameter is missing or out of bounds.
    """
    params = read(PATH)
    changes = merge(params, settings)
    with TemporaryDirectory() as folder:
        path = Path(folder, PATH.name)
        path.write_text(written(params, changes), "utf-8", newline="\n")
        return cls.load(path)


def section_class(name: str) -> type[Params]:
    """Return the class of a section."""
    cls: type[Params] = getattr(import_module(f"stages.{name}"), name.capitalize())
    return cls


def sectioned(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Group dotted parameters by their sections."""
    made = dict[str, dict[str, Any]]()
    for name, value in settings.items():
        section, _, key = name.partition(".")
        made.setdefault(section, {})[key] = value
    return made


def written(params: Sections, changes: Sequence[Setting]) -> str:
    """Return the parameters as text, the comments behind those that changed in their column."""
    file = StringIO()
    _yaml().dump(params, file)
    changed = {change.name for change in changes}
    lines, name = list[str](), ""
    for line in file.getvalue().splitlines():
        if head := re.match(r"(\w+):", line):
            name = head[1]
        leaf = re.match(r"(  (\w+): .*?) +(# .*)$", line)
        realigned = leaf and f"{name}.{leaf[2]}" in changed
        lines.append(f"{leaf[1]:<{COLUMN}}  {leaf[3]}" if leaf and realigned else line)
    return "\n".join(lines) + "\n"


def replace(path: Path, text: str) -> None:
    """Write a file of parameters, where a link leads if it is one; keep mode and ends of lines."""
    place = path.resolve()
    crlf = b"\r\n" in place.read_bytes()
    with files.replacing(place) as made:
        made.write_bytes((text.replace("\n", "\r\n") if crlf else text).encode())
        made.chmod(place.stat().st_mode)


def _yaml() -> YAML:
    """Return a reader and writer that leave lines, quotes and nulls as they are."""
    yaml = YAML()
    yaml.width = 4096
    yaml.preserve_quotes = True
    null = "tag:yaml.org,2002:null", "null"
    yaml.representer.add_representer(type(None), lambda to, _: to.represent_scalar(*null))
    return yaml
