"""A parameter belongs to one stage: changing it runs that stage and what lies downstream.

That every parameter does, and gives a result of its own, test_run_cache.py shows.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Clone
from dvc.repo import Repo
from ruamel.yaml import YAML

PARAMS: dict[str, dict[str, object]] = YAML(typ="safe").load(Path("params.yaml"))
DOWNSTREAM = {
    "download": {"preprocess", "train", "evaluate", "inspect", "export"},
    "preprocess": {"train", "evaluate", "inspect", "export"},
    "train": {"evaluate", "inspect", "export"},
    "evaluate": {"export"},  # where the rule is another one
    "inspect": set[str](),
    "export": set[str](),
}


@pytest.fixture(scope="module")
def unchanged(pristine: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return pristine.copy(tmp_path_factory.mktemp("parameters") / "copy")


def another(value: object) -> object:
    """Return another value of the same kind, for a path one that exists."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return [another(item) for item in value] or [1]
        case "data/source" | "data/predictions":
            return "docs"
        case _:
            return f"{value}x"


def would_run(clone: Clone) -> set[str]:
    """Return the stages that `dvc repro` would run, and those whose inputs they would renew."""
    printed = clone.run("dvc", "repro", "--dry", "--force-downstream")
    return set(re.findall(r"Running stage '(\w+)'", printed))


def changed(clone: Clone) -> set[str]:
    """Return the stages that `dvc status` names; in this process, which spares its start."""
    with Repo(str(clone.root)) as repo:
        # Names begin with the path of dvc.yaml, unless it is here.
        return {name.rpartition(":")[2] for name in repo.status()}


@contextmanager
def edited(clone: Clone, section: str, key: str) -> Iterator[None]:
    """Change one parameter within a block."""
    path = clone.root / "params.yaml"
    text = path.read_text("utf-8")
    params = YAML(typ="safe").load(text)
    params[section][key] = another(params[section][key])
    try:
        with path.open("w", encoding="utf-8") as file:
            YAML().dump(params, file)
        yield
    finally:
        path.write_text(text, "utf-8")


@pytest.mark.parametrize("section", PARAMS)
def test_a_stage_that_changed_runs_with_all_downstream(unchanged: Clone, section: str) -> None:
    with edited(unchanged, section, next(iter(PARAMS[section]))):
        assert changed(unchanged) == {section}
        assert would_run(unchanged) == {section} | DOWNSTREAM[section]


def test_comments_and_the_order_of_keys_run_nothing(unchanged: Clone) -> None:
    path = unchanged.root / "params.yaml"
    text = path.read_text("utf-8")
    params = YAML(typ="safe").load(text)
    backwards = {name: dict(reversed(keys.items())) for name, keys in reversed(params.items())}
    try:
        with path.open("w", encoding="utf-8") as file:
            file.write("# another comment\n")
            YAML().dump(backwards, file)
        assert changed(unchanged) == set()
        assert would_run(unchanged) == set()
    finally:
        path.write_text(text, "utf-8")
