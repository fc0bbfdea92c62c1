"""What `pip install .` installs: every module of the predictor, and the files beside them.

Building a wheel takes 7 s and a network; that pyproject.toml covers all files is told without.
"""

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

SETTINGS = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
FILES = [
    path
    for path in Path("reprise").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
]


def test_every_module_is_in_a_package_that_is_found() -> None:
    (pattern,) = SETTINGS["tool"]["setuptools"]["packages"]["find"]["include"]
    for path in FILES:
        if path.suffix == ".py":
            assert fnmatchcase(".".join(path.parent.parts), pattern), path
            assert (path.parent / "__init__.py").exists(), path


def test_every_other_file_is_package_data() -> None:
    patterns = SETTINGS["tool"]["setuptools"]["package-data"]["*"]
    others = [path for path in FILES if path.suffix != ".py"]
    assert Path("reprise/py.typed") in others
    for path in others:
        home = next(folder for folder in path.parents if (folder / "__init__.py").exists())
        covered = {found for pattern in patterns for found in home.glob(pattern)}
        assert path in covered, f"{path}: in no wheel"


def test_commands_are_those_of_modules() -> None:
    for target in SETTINGS["project"]["scripts"].values():
        module, _, function = target.partition(":")
        text = Path(module.replace(".", "/")).with_suffix(".py").read_text("utf-8")
        assert f"\ndef {function}(" in text
