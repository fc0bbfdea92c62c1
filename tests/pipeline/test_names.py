"""DVC's run cache does not see keys called size or nfiles: it leaves them out of what it compares.

A parameter of such a name could change, and the results of its former value would be handed out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from docs.parameters import section

UNSEEN = {"size", "nfiles"}
SECTIONS = ["download", "preprocess", "train", "evaluate", "export"]


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
