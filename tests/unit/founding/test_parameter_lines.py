"""Values are set in the text of params.yaml as ruamel.yaml sets them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reprise.founding.parameter_lines import Value, scalar, values, with_values
from tools import recipe
from tools.params_yaml import merge, read, written

SHIPPED = Path("params.yaml").read_text("utf-8")
RECIPES = sorted(path.stem for path in Path("recipes").glob("*.yaml"))


def loaded(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


def test_nothing_changes_where_nothing_is_set() -> None:
    assert with_values(SHIPPED, {}) == SHIPPED


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_merged_as_the_command_recipe_merges_it(name: str) -> None:
    params = read(Path("params.yaml"))
    expected = written(params, merge(params, recipe.settings(name)))
    base, own = (Path(f"recipes/{one}.yaml").read_text("utf-8") for one in ("digits", name))
    assert with_values(SHIPPED, values(base) | values(own)) == expected


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_is_written_so_that_it_is_read_again(text: str) -> None:
    made = with_values(SHIPPED, {"download.path": Value(scalar(text))})
    assert loaded(made)["download"]["path"] == text  # type: ignore[index]
    assert values(made)["download.path"].text == scalar(text)
    assert with_values(made, {"download.path": Value("data/source")}) == SHIPPED


@pytest.mark.parametrize("word", ["null", "true", "No", "~", "1e3", "0x1", "-", ".inf", "a: b"])
def test_text_that_yaml_takes_for_something_else_is_quoted(word: str) -> None:
    assert loaded(f"a: {scalar(word)}") == {"a": word}


@pytest.mark.parametrize("word", ["photos", "/data/my.zip", "~/photos", "a-b_c"])
def test_plain_text_has_no_quotes(word: str) -> None:
    assert scalar(word) == word


def test_a_list_of_several_lines_is_one_value() -> None:
    text = "train:\n  filters:  # widths\n    - 1\n    # mine\n    - 2\n  lr: 1\n"
    assert values(text) == {
        "train.filters": Value("", ("    - 1", "    # mine", "    - 2")),
        "train.lr": Value("1"),
    }
    made = with_values(text, {"train.filters": Value("[3]")})
    assert loaded(made) == {"train": {"filters": [3], "lr": 1}}
    assert loaded(with_values(made, values(text))) == loaded(text)


def test_a_hash_in_quotes_begins_no_comment() -> None:
    text = "a:\n  b: 'x # y'  # z\n  c: \"it's \\\" # here\"\n"
    assert values(text) == {"a.b": Value("'x # y'"), "a.c": Value('"it\'s \\" # here"')}
    assert loaded(with_values(text, values(text))) == loaded(text)
