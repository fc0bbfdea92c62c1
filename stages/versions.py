"""The libraries whose version decides results, as versions.yaml states them.

Each stage of dvc.yaml depends on those it uses, so dvc.lock says which versions made a result.
"""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PATH = Path("versions.yaml")
# Where one of these is absent, nothing was computed with it.
EXTRAS = {"ai-edge-litert", "coremltools", "openvino", "timm"}


def stated(path: Path = PATH) -> dict[str, str]:
    """Read the version of each library; without the file, none is stated."""
    if not path.exists():
        return {}
    try:
        found = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
        return {str(name): str(number) for name, number in found.items()}
    except (YAMLError, ValueError, AttributeError):  # DVC reports the error and its line
        return {}


def installed(names: Iterable[str]) -> dict[str, str]:
    """Return the version of each library here, `none` where it is not installed.

    The build after a `+` is left out: on a CPU, 2.15.0+cpu gives the same as 2.15.0+cu132.
    """
    return {name: of(name).partition("+")[0] for name in names}


def absent(here: dict[str, str]) -> set[str]:
    """Return the libraries of extras that are not installed."""
    return {name for name in EXTRAS if here.get(name) == "none"}


def mismatches() -> list[str]:
    """Return a line for each library that has another version than stated, and the remedy."""
    want = stated()
    here = installed(want)
    other = [name for name in want if here[name] != want[name] and name not in absent(here)]
    if not other:
        return []
    pinned = " ".join(f"{name}=={want[name]}" for name in other)
    return [
        *(f"{name} is {here[name]}, {PATH} says {want[name]}" for name in other),
        f"`reprise versions` writes what is installed; `pip install {pinned}` goes back",
    ]


def of(name: str) -> str:
    """Return the version of a library with its build, `none` where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
