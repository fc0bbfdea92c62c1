"""Apply a recipe: `reprise recipe mnist_cnn` merges recipes/mnist_cnn.yaml into params.yaml.

A recipe holds only what differs from recipes/digits.yaml, which holds what params.yaml was
published with, of all parameters that any recipe sets. Both are merged, so that nothing of
another recipe stays behind; every other parameter stays as it is, and so do all comments but those
within a list that is replaced.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from reprise.counting import counted
from reprise.tool_parsers import parser
from stages import errors, installing, mistakes
from stages.errors import UserError
from stages.params import PATH, ParamsT
from tools.params_yaml import Sections, checked, merge, read, replace, written

FOLDER = Path("recipes")
BASE = "digits"


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


def section(name: str, cls: type[ParamsT]) -> ParamsT:
    """Return a section of params.yaml with the parameters of a recipe among them, checked.

    Raises:
        UserError: there is no such recipe, or a parameter is missing or out of bounds.
    """
    return checked(cls, settings(name))


def main() -> None:
    """Merge a recipe into params.yaml, and say what changed."""
    name = parser("recipe", __doc__).read().name
    if not name:
        raise UserError(f"which recipe? `reprise recipe NAME`, one of {', '.join(names())}")
    params = read(PATH)
    changes = merge(params, settings(name))
    if changes:
        replace(PATH, written(params, changes))
        print(*changes, sep="\n")
        state = f"{counted(len(changes), 'parameter')} of {PATH} changed"
    else:
        state = f"{PATH} is as recipe {name} has it"
    print(f"{state}; commit it, and `dvc repro` runs it", *needed(params), sep="\n")


def needed(params: Sections) -> Iterator[str]:
    """Yield a line for all that a user must provide before the pipeline runs."""
    download, weights = params.get("download", {}), params["train"].get("weights", "none")
    path = Path(download.get("path") or "")
    there = path.is_file() or any(one.is_dir() for one in path.glob("*"))
    if download.get("dataset") == "folder" and download["address"] is None and not there:
        yield (
            f"before that: your images in {download['path']}, a folder for each class; or "
            "download.path set to where they are"
        )
    if weights not in {"none", "default"} and "://" not in weights and not Path(weights).exists():
        yield f"before that: {weights}; docs/data.md says where to get it"
    if params["train"].get("network") == "timm" and not find_spec("timm"):
        yield f"before that: {installing.remedy('timm')}"


if __name__ == "__main__":
    errors.run(main)
