"""What people read about the parameters is what the classes say."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from docs import parameters

REMEDY = "run `make docs`"


def test_comments_in_params_yaml_are_the_classes_descriptions() -> None:
    text = Path("params.yaml").read_text("utf-8")
    assert parameters.comments(text) == text, REMEDY


def test_every_parameter_has_a_comment() -> None:
    lines = Path("params.yaml").read_text("utf-8").splitlines()
    leaves = [line for line in lines if line.startswith("  ")]
    assert leaves
    assert all(re.search(r"# \w+", line) for line in leaves)


def test_the_readme_lists_every_parameter() -> None:
    params = YAML(typ="safe").load(Path("params.yaml"))
    assert parameters.table(params) in Path("README.md").read_text("utf-8"), REMEDY
