import json

import pytest

from tools.provenance import diff


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"a": 0.5}, {"a": 0.25}, "a 0.5 -> 0.25 (-0.25)"),
        ({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}, "c": 2}, "a.b 1 -> 3 (+2)"),
        ({"a": [{"b": 1}]}, {"a": [{"b": 3}]}, "a[0].b 1 -> 3 (+2)"),
        ({"a": [1]}, {"a": [1, 2]}, "a [1] -> [1, 2]"),
        ({"a": "x"}, {"a": None}, 'a "x" -> null'),
        ({}, {"a": 1}, "a null -> 1"),
        ({"a": [1] * 99}, {"a": 1}, "a [1, 1, 1, 1, 1, 1, 1, 1, 1,... -> 1"),
        ({"a": 1}, {"a": 1}, "other bytes, the same values"),
    ],
)
def test_json_is_compared_value_by_value(old: object, new: object, told: str) -> None:
    files = json.dumps(old).encode(), json.dumps(new, indent=1).encode()
    assert diff.describe("metrics/x.json", *files) == told


def test_of_many_values_some_are_shown() -> None:
    old, new = ({f"v{i}": i * step for i in range(1, 10)} for step in (1, 2))
    told = diff.describe("x.json", json.dumps(old).encode(), json.dumps(new).encode())
    assert told.startswith("v1 1 -> 2 (+1), ")
    assert told.endswith(", and 3 more")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a,b\n1,2\n3,4\n", "a,b\n1,2.5\n3,3\n", "b up to 1 apart"),
        ("a,b\n1,x\n3,y\n", "a,b\n1,x\n3,z\n", "b differs in 1 row"),
        ("a\n1\n", "a\n1\n2\n", "1 row -> 2 rows"),
        ("a\n1\n", "b\n1\n", "other bytes"),
        ("a\n", "b\n", "other bytes, the same values"),
    ],
)
def test_a_table_is_compared_column_by_column(old: str, new: str, told: str) -> None:
    assert diff.describe("metrics/x.csv", old.encode(), new.encode()) == told


@pytest.mark.parametrize("name", ["x.png", "x.json", "x.csv"])
def test_of_what_cannot_be_read_only_bytes_differ(name: str) -> None:
    assert diff.describe(name, b"\xff\x00", b"\xfe") == "other bytes"
