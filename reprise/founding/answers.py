"""The settings of a new repository: where the images are, the recipe, single parameters."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from reprise.escaping import printable
from reprise.founding.fast_import import Blob
from reprise.founding.given_places import image_values, remote_line
from reprise.founding.parameter_lines import Value, values, with_values
from reprise.founding.plumbing import FoundingError
from reprise.founding.yaml_value import as_yaml

PARAMS, README, DVC = "params.yaml", "README.md", ".dvc/config"
OWN = "photos"  # begins the names of recipes for images of one's own
BASE = "digits"  # the recipe that the others differ from


class Choices(NamedTuple):
    """The answers to the questions, or the options in their place."""

    name: str  # of the folder
    recipe: str
    images: str | None  # path or address; None: they come into data/source, or the recipe has some
    settings: tuple[str, ...] = ()  # section.key=value
    remote: str | None = None  # where DVC keeps results for others


def recipes(files: Iterable[str]) -> list[str]:
    """Return the names of the recipes, those for photographs of one's own first."""
    found = (re.fullmatch(r"recipes/(\w+)\.yaml", path) for path in files)
    names = (match[1] for match in found if match)
    return sorted(names, key=lambda name: (not name.startswith(OWN), name))


def summary(recipe: Blob) -> str:
    """Return what a recipe says of itself in its first line."""
    return recipe.content.decode().partition("\n")[0].lstrip("# ")


def require_recipe(name: str, known: list[str]) -> str:
    """Return the name of a recipe.

    Raises:
        FoundingError: there is none of this name.
    """
    if name in known:
        return name
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}"
    raise FoundingError(f"recipe {printable(name)} is unknown; {meant}")


def changed(files: Mapping[str, Blob], given: Choices) -> dict[str, Blob]:
    """Return the files that the answers change, as they are then.

    Raises:
        FoundingError: a setting names no parameter.
    """
    params = files[PARAMS].content.decode()
    new = _recipe(files, given.recipe) | image_values(given.images)
    new |= _settings(given.settings, values(params))
    remote = given.remote or "~/.local/share/" + re.sub(r"[^\w.-]", "-", given.name)
    url = remote_line(remote)
    texts = {
        PARAMS: with_values(params, new),
        README: re.sub(
            r"\A.*", lambda _: f"# {printable(given.name)}", files[README].content.decode()
        ),
        DVC: re.sub(r"url = .*", lambda _: url, files[DVC].content.decode(), count=1),
    }
    return {path: files[path]._replace(content=text.encode()) for path, text in texts.items()}


def _recipe(files: Mapping[str, Blob], name: str) -> dict[str, Value]:
    """Return the parameters that a recipe sets."""
    base, own = (files[f"recipes/{one}.yaml"].content.decode() for one in (BASE, name))
    return values(base) | values(own)


def _settings(settings: Iterable[str], known: Mapping[str, Value]) -> dict[str, Value]:
    """Return the parameters that were set one by one.

    Raises:
        FoundingError: a setting has no `=`, names no parameter, or has no value.
    """
    made = dict[str, Value]()
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise FoundingError(f"-S {printable(setting)}: write section.parameter=value")
        if name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"{PARAMS} lists them"
            raise FoundingError(f"-S {printable(name)}: is no parameter; {meant}")
        try:
            made[name] = Value(as_yaml(value))
        except FoundingError as error:
            raise FoundingError(f"-S {name}: {error}") from error
    return made
