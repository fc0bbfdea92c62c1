import json

import pytest
from linear import CARD

from reprise.metadata import dump, parse
from reprise.rule import Rule

VALUES = json.loads(dump(CARD))


def test_the_card_is_flat_json_of_known_keys() -> None:
    assert VALUES == {
        "classes": ["ants", "bees", "Käfer"],
        "height": 6,
        "width": 7,
        "channels": 3,
        "resize": "crop",
        "interpolation": "bilinear",
        "temperature": 2.0,
        "input": "uint8",
        "license": "Apache-2.0",
        "version": "0.1.0",
    }


def test_what_was_written_is_read_back() -> None:
    assert parse(dump(CARD)) == CARD


def test_keys_of_a_later_version_are_passed_over() -> None:
    assert parse(json.dumps(VALUES | {"mood": "good"})) == CARD


@pytest.mark.parametrize("key", VALUES)
def test_a_missing_key_is_named(key: str) -> None:
    rest = {name: value for name, value in VALUES.items() if name != key}
    with pytest.raises(ValueError, match=f"^{key} is missing$"):
        parse(json.dumps(rest))


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("classes", [], "a list of names"),
        ("classes", "ants", "a list of names"),
        ("classes", ["ants", 2], "a list of names"),
        ("height", 0, "pixels"),
        ("height", 6.0, "pixels"),
        ("width", True, "pixels"),
        ("width", None, "pixels"),
        ("channels", 4, "1 or 3"),
        ("channels", [3], "1 or 3"),
        ("channels", True, "1 or 3"),
        ("channels", 1.0, "1 or 3"),
        ("channels", 3.0, "1 or 3"),
        ("resize", "letterbox", "stretch or crop or pad"),
        ("interpolation", "cubic", "nearest or box or bilinear or hamming or bicubic or lanczos"),
        ("temperature", 0, "a number above 0"),
        ("temperature", "1", "a number above 0"),
        ("temperature", True, "a number above 0"),
        ("input", "float16", "uint8 or float"),
        ("license", None, "a text"),
        ("version", 1, "a text"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    key: str, value: object, expected: str
) -> None:
    with pytest.raises(ValueError, match=f"^{key} is ") as caught:
        parse(json.dumps(VALUES | {key: value}))
    assert str(caught.value) == f"{key} is {value!r}, expected {expected}"


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"text"', "{}"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"classes is missing|line 1"):
        parse(text)


def test_a_whole_number_is_a_temperature() -> None:
    assert parse(json.dumps(VALUES | {"temperature": 1})).temperature == 1


RULE = Rule(0.5, 0.25, -1.5, "coverage", 0.9, 0.1, 0.01)


@pytest.mark.parametrize("rule", [RULE, Rule()])
def test_a_rule_is_read_back(rule: Rule) -> None:
    assert parse(dump(CARD._replace(rule=rule))) == CARD._replace(rule=rule)


@pytest.mark.parametrize("rule", [None, [], {}, {**RULE._asdict(), "threshold": "1"}])
def test_a_damaged_rule_is_refused(rule: object) -> None:
    with pytest.raises(ValueError, match=r"^threshold is "):
        parse(json.dumps({**VALUES, "rule": rule}))


@pytest.mark.parametrize("key", ["threshold", "energy_threshold"])
@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf"), True])
def test_a_threshold_that_no_float_holds_is_refused(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{key} is .*expected a number"):
        parse(json.dumps({**VALUES, "rule": RULE._asdict() | {key: value}}))
