"""What people read about the parameters is what the classes say."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from docs import api, parameters
from tools.params_yaml import section_class

REMEDY = "run `make docs`"
ROOTS = ("reprise", "stages", "tools", "tests", "docs", "recipes")
ROOMS = tuple(path.parent.name for path in Path("stages").glob("*/__init__.py"))


def test_comments_in_params_yaml_are_the_classes_descriptions() -> None:
    text = Path("params.yaml").read_text("utf-8")
    assert parameters.comments(text) == text, REMEDY


@pytest.mark.parametrize(
    "name", ["download", "preprocess", "train", "evaluate", "inspect", "export"]
)
def test_params_yaml_has_every_parameter(name: str) -> None:
    values = YAML(typ="safe").load(Path("params.yaml"))[name]
    assert {*values} == {*section_class(name).model_fields}


def test_every_parameter_has_a_comment() -> None:
    lines = Path("params.yaml").read_text("utf-8").splitlines()
    leaves = [line for line in lines if line.startswith("  ")]
    assert leaves
    assert all(re.search(r"# \w+", line) for line in leaves)


def test_the_page_of_parameters_has_every_one_as_the_classes_say() -> None:
    text = Path("params.yaml").read_text("utf-8")
    page = parameters.page(YAML(typ="safe").load(text), text)
    assert parameters.PAGE.read_text("utf-8") == page, REMEDY
    for name in ("train.lr", "export.formats"):
        assert f"| `{name}`<br>" in page


def test_the_page_of_the_api_is_what_the_docstrings_say() -> None:
    assert api.PAGE.read_text("utf-8") == api.page(), REMEDY


def test_docstrings_become_markdown() -> None:
    docstring = """Do it.

    More.

    Raises:
        ValueError: it is wrong,
            in two lines.
        OSError, KeyError: it is not there.
    """
    assert api.prose(docstring) == (
        "Do it.\n\nMore.\n\n- raises `ValueError`: it is wrong, in two lines.\n"
        "- raises `OSError, KeyError`: it is not there.\n"
    )
    assert api.prose("Do it.") == "Do it.\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "null"), (True, "true"), (0.5, "0.5"), ([32, 64], "[32, 64]"), ("a", "a"), ([], "[]")],
)
def test_defaults_are_shown_as_params_yaml_has_them(value: object, shown: str) -> None:
    assert parameters.default(value) == shown


def test_the_readme_is_short() -> None:
    assert len(Path("README.md").read_bytes()) <= 9_000, "what is longer goes to a page of docs/"


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_places_that_a_document_names_exist(document: str) -> None:
    named = re.findall(r"`((?:[a-z_]+/)+[\w.]*)`", Path(document).read_text("utf-8"))
    code = [name for name in named if name.partition("/")[0] in {*ROOTS, *ROOMS}]
    assert code
    for name in code:
        places = [Path(name), Path("stages", name)]
        bare = [place.parent / place.name.partition(".")[0] for place in places]
        found = (*places, *(place.with_suffix(".py") for place in bare))
        assert any(place.exists() for place in found), f"{document} names {name}"
