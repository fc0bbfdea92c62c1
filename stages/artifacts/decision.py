"""Artifact `models/decision.json`: the thresholds by which a model says that it does not know.

Floats have 6 decimals, as they are fitted: the same rule is the same bytes.
"""

import json
from pathlib import Path

from reprise import rule
from reprise.rule import Rule
from stages import files

PATH = Path("models/decision.json")


def write(fitted: Rule, path: Path = PATH) -> None:
    """Write the rule."""
    files.write_json(path, fitted._asdict())


def read(path: Path = PATH) -> Rule:
    """Read the rule.

    Raises:
        UserError: the file is missing or damaged.
    """
    with files.reading(path, "evaluate"):
        return rule.parse(json.loads(path.read_text(encoding="utf-8")))
