"""Apply a recipe: `make recipe R=mnist_cnn` merges recipes/mnist_cnn.yaml into params.yaml.

A recipe holds only what differs from recipes/digits.yaml, which holds what params.yaml was
published with, of all parameters that any recipe sets. Both are merged, so that nothing of
another recipe stays behind; every other parameter stays as it is, and so do all comments but those
within a list that is replaced.
"""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages import errors, files, mistakes
from stages.errors import UserError
from stages.params import PATH, ParamsT

FOLDER = Path("recipes")
BASE = "digits"
COLUMN = 22  # of the comments in params.yaml
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


def names() -> list[str]:
    """Return the names of the recipes."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def settings(name: str) -> Sections:
    """Return the parameters that a recipe sets, by section.

    Raises:
        UserError: there is no such recipe.
    """
    if name not in names():
        near = mistakes.nearest(name, names())
        raise UserError(f"recipe {mistakes.shown(name)} is unknown; {near}")
    base, own = (read(FOLDER / f"{recipe}.yaml") for recipe in (BASE, name))
    return {section: base.get(section, {}) | own.get(section, {}) for section in {**base, **own}}


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


def merge(params: Sections, recipe: Mapping[str, Mapping[str, Any]]) -> list[Setting]:
    """Set the parameters of a recipe in place, and return those that changed.

    Raises:
        UserError: a parameter is not there to be set.
    """
    changes = list[Setting]()
    for section, values in recipe.items():
        for key, value in values.items():
            name = f"{section}.{key}"
            if key not in params.get(section, {}):
                raise UserError(f"{PATH}: {name} is missing; restore it from Git")
            old = params[section][key]
            if repr(old) != repr(value):  # 0 is not false, and 20.0 no number of epochs
                params[section][key] = value
                changes.append(Setting(name, old, value))
    return changes


def section(name: str, cls: type[ParamsT]) -> ParamsT:
    """Return a section of params.yaml with the parameters of a recipe among them, checked.

    Raises:
        UserError: there is no such recipe, or a parameter is missing or out of bounds.
    """
    params = read(PATH)
    changes = merge(params, settings(name))
    with TemporaryDirectory() as folder:
        path = Path(folder, PATH.name)
        path.write_text(written(params, changes), "utf-8")
        return cls.load(path)


def main() -> None:
    """Merge a recipe into params.yaml, and say what changed."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.recipe", description="Merge a recipe into params.yaml."
    )
    parser.add_argument("name", nargs="?", help=f"one of {', '.join(names())}")
    name = parser.parse_args().name
    if not name:
        raise UserError(f"which recipe? `make recipe R=<name>`, one of {', '.join(names())}")
    params = read(PATH)
    changes = merge(params, settings(name))
    if changes:
        _replace(written(params, changes))
        print(*changes, sep="\n")
        count = "1 parameter" if len(changes) == 1 else f"{len(changes)} parameters"
        state = f"{count} of {PATH} changed"
    else:
        state = f"{PATH} is as recipe {name} has it"
    print(f"{state}; commit it, and `dvc repro` runs it", *needed(params), sep="\n")


def needed(params: Sections) -> Iterator[str]:
    """Yield a line for all that a user must provide before the pipeline runs."""
    download, weights = params.get("download", {}), params["train"].get("weights", "none")
    if download.get("dataset") == "folder" and download["address"] is None:
        yield (
            f"before that: your images in {download['path']}, a folder for each class; or "
            "download.path set to where they are"
        )
    if weights not in {"none", "default"} and "://" not in weights and not Path(weights).exists():
        yield f'before that: {weights}; README.md says whence, under "Bring your own images"'


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


def _replace(text: str) -> None:
    """Write params.yaml, where a link leads to if it is one, with its mode and ends of lines."""
    place = PATH.resolve()
    crlf = b"\r\n" in place.read_bytes()
    with files.replacing(place) as path:
        path.write_bytes((text.replace("\n", "\r\n") if crlf else text).encode())
        path.chmod(place.stat().st_mode)


def _yaml() -> YAML:
    """Return a reader and writer that leave lines, quotes and nulls as they are."""
    yaml = YAML()
    yaml.width = 4096
    yaml.preserve_quotes = True
    null = "tag:yaml.org,2002:null", "null"
    yaml.representer.add_representer(type(None), lambda to, _: to.represent_scalar(*null))
    return yaml


if __name__ == "__main__":
    errors.run(main)
