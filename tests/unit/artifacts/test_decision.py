import json
from pathlib import Path

import pytest

from reprise.rule import Rule
from stages.artifacts import decision
from stages.errors import UserError

RULE = Rule(0.5, 0.25, -1.5, "coverage", 0.9, 0.1, 0.01)


@pytest.mark.parametrize("rule", [RULE, Rule()])
def test_what_is_written_is_read(rule: Rule, tmp_path: Path) -> None:
    path = tmp_path / "models" / "decision.json"
    decision.write(rule, path)
    assert decision.read(path) == rule
    first = path.read_bytes()
    decision.write(rule, path)
    assert path.read_bytes() == first


def test_the_file_is_flat_json_with_null_for_what_was_not_asked_for(tmp_path: Path) -> None:
    decision.write(Rule(), tmp_path / "file")
    assert json.loads((tmp_path / "file").read_text()) == {
        "threshold": 0.0,
        "set_threshold": None,
        "energy_threshold": None,
        "abstain": "none",
        "abstain_target": None,
        "conformal_alpha": None,
        "ood_quantile": None,
    }


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("threshold", None, "a number"),
        ("threshold", True, "a number"),
        ("set_threshold", "0.5", "a number or null"),
        ("energy_threshold", float("nan"), "a number or null"),
        ("abstain", "often", "none or precision or coverage"),
    ],
)
def test_a_damaged_file_is_told(key: str, value: object, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(json.dumps({**RULE._asdict(), key: value}))
    with pytest.raises(
        UserError, match=rf"\({key} is .*, expected {expected}\); run `dvc repro eval"
    ):
        decision.read(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "{", "[" * 100_000])
def test_what_is_no_rule_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(UserError, match="run `dvc repro evaluate`"):
        decision.read(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing; run `dvc repro evaluate`"):
        decision.read(tmp_path / "none")
