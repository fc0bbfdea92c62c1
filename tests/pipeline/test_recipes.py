"""Every recipe holds what differs from params.yaml, and gives parameters that the stages accept."""

import re
from pathlib import Path

import pytest

from stages.params import PATH
from tools import recipe
from tools.params_yaml import read
from tools.params_yaml import section_class as section

NAMES = recipe.names()
each_recipe = pytest.mark.parametrize("name", NAMES)


@each_recipe
@pytest.mark.parametrize("stage", read(PATH))
def test_a_recipe_gives_parameters_within_their_bounds(name: str, stage: str) -> None:
    recipe.section(name, section(stage))


@each_recipe
def test_a_recipe_says_what_it_is_whence_it_comes_how_to_run_it_and_what_it_gives(
    name: str,
) -> None:
    text = (recipe.FOLDER / f"{name}.yaml").read_text("utf-8")
    what, source, run, gives = text.split("\n\n", 1)[0].splitlines()
    assert what.startswith("# ")
    assert source.startswith("# Source: ")
    assert run == f"# Run: make recipe R={name} && make repro"
    assert re.match(
        r"# Gives: (test accuracy [\d.]+ ± [\d.]+ \(\d+ seeds|not measured here: )", gives
    )


@each_recipe
def test_the_page_of_recipes_names_every_one(name: str) -> None:
    assert f"recipes/{name}.yaml" in Path("docs/recipes.md").read_text(encoding="utf-8")


def test_the_base_holds_what_any_recipe_sets_as_params_yaml_was_published() -> None:
    base, params = read(recipe.FOLDER / f"{recipe.BASE}.yaml"), read(PATH)
    others = [read(recipe.FOLDER / f"{name}.yaml") for name in NAMES if name != recipe.BASE]
    for stage in params:
        keys = {key for other in others for key in other.get(stage, {})}
        assert base.get(stage, {}) == {key: params[stage][key] for key in keys}


@pytest.mark.parametrize("name", [name for name in NAMES if name != recipe.BASE])
def test_a_recipe_holds_differences_alone(name: str) -> None:
    base = read(recipe.FOLDER / f"{recipe.BASE}.yaml")
    own = read(recipe.FOLDER / f"{name}.yaml")
    for stage, values in own.items():
        assert not [key for key in values if values[key] == base[stage][key]]
