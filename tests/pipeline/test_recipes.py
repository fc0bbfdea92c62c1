"""Every recipe is a complete params.yaml that the stages accept."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from docs.parameters import section

RECIPES = sorted(Path("recipes").glob("*.yaml"))
PARAMS = YAML(typ="safe").load(Path("params.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", PARAMS)
def test_a_recipe_has_every_parameter_within_its_bounds(path: Path, name: str) -> None:
    section(name).load(path)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_says_what_it_is_and_what_it_gives(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines()
    assert len(head) >= 2, "what it is, then what was measured"
    assert all(line.startswith("# ") for line in head)
    assert re.search(r"\d", head[-1]) or "Not measured" in head[-1]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_readme_names_every_recipe(path: Path) -> None:
    assert f"recipes/{path.name}" in Path("README.md").read_text(encoding="utf-8")
