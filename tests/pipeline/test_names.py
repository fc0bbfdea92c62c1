"""Names: none that DVC does not see, and none that stands for two things.

DVC's run cache leaves keys called size or nfiles out of what it compares: a parameter of such a
name could change, and the results of its former value would be handed out.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from tools.params_yaml import section_class as section

UNSEEN = {"size", "nfiles"}
# A trained classifier: what users import from `reprise`, without PyTorch, and what stages pass on.
SAME = {"Classifier"}
SECTIONS = ["download", "preprocess", "train", "evaluate", "inspect", "export"]


def named(annotation: object) -> Iterator[str]:
    """Yield the names of all fields of a type, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield name
            yield from named(field.annotation)
    for part in get_args(annotation):
        yield from named(part)


def keys(value: object) -> Iterator[str]:
    """Yield all keys of what a YAML file holds, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.mark.parametrize("name", SECTIONS)
def test_no_parameter_has_a_name_that_dvc_leaves_out(name: str) -> None:
    found = [*named(section(name))]
    assert found
    assert not UNSEEN & {*found}


@pytest.mark.parametrize(
    "path", [Path("params.yaml"), Path("versions.yaml"), *sorted(Path("recipes").glob("*.yaml"))]
)
def test_no_key_of_a_file_has_one(path: Path) -> None:
    found = [*keys(YAML(typ="safe").load(path))]
    assert found
    assert not UNSEEN & {*found}


def test_a_name_is_found_at_any_depth() -> None:
    class Inner(BaseModel):
        size: int

    class Outer(BaseModel):
        parts: tuple[Inner, ...] | None

    assert {*named(Outer)} == {"parts", "size"}
    assert {*keys({"a": [{"nfiles": 1}]})} == {"a", "nfiles"}


def test_no_two_modules_share_a_name() -> None:
    twice = repeated((path.stem, str(path)) for path in modules())
    assert not twice, f"one name, one thing: {twice}"


def test_no_two_types_share_a_name() -> None:
    defined = (
        (node.name, str(path))
        for path in modules()
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    twice = {name: of for name, of in repeated(defined).items() if name not in SAME}
    assert not twice, f"one name, one thing: {twice}"


def modules() -> list[Path]:
    packages = (Path(package).rglob("*.py") for package in ("reprise", "stages", "tools"))
    return [path for paths in packages for path in paths if path.name != "__init__.py"]


def repeated(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the names that stand for several things, with where these are."""
    places = defaultdict[str, list[str]](list)
    for name, place in named:
        places[name].append(place)
    return {name: where for name, where in places.items() if len(where) > 1}
