import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.patterns import captured, flaw

PATHS = ["p/patient12_a.png", "p/patient3_b.png", "x.png", "p\n/patient7.png", "PATIENT9"]


def take(pattern: str, *texts: str) -> list[str | None]:
    found: list[str | None] = captured(pa.chunked_array([texts or PATHS]), pattern).to_pylist()
    return found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"patient(\d+)", ["12", "3", None, "7", None]),
        (r"patient\d+", ["patient12", "patient3", None, "patient7", None]),
        (r"^[^/]+", ["p", "p", "x.png", "p\n", "PATIENT9"]),
        (r"(?i)patient(\d)", ["1", "3", None, "7", "9"]),
        (r"(?P<who>p)a", ["p", "p", None, "p", None]),
        (r"x|p(q)?", [None] * 5),
        (r"png$", ["png", "png", "png", "png", None]),
        (r"$", [None] * 5),
        (r"patient(\d)(\d)?", ["1", "3", None, "7", None]),
    ],
)
def test_the_first_group_of_the_first_match_counts_else_the_match(
    pattern: str, found: list[str | None]
) -> None:
    assert take(pattern) == found


def test_a_later_match_does_not_count() -> None:
    assert take(r"(\d)", "a1b2", "12") == ["1", "1"]


def test_no_text_gives_nothing() -> None:
    assert captured(pa.chunked_array([], pa.large_string()), "(a)").to_pylist() == []


@settings(deadline=None)
@given(st.lists(st.text("ab/1\n", max_size=8), max_size=5), st.sampled_from(
    ["a", "a+", "(a+)b?", "a|b(1)", "[^/]+$", "^a*?b", "(?:a|ab)(1|)", "a(b)?"]
))  # fmt: skip
def test_it_takes_what_pythons_own_takes(texts: list[str], pattern: str) -> None:
    expression = re.compile(pattern.replace("$", r"\Z"))
    expected = []
    for text in texts:
        match = expression.search(text)
        expected.append((match[1 if expression.groups else 0] or None) if match else None)
    assert captured(pa.chunked_array([texts], pa.string()), pattern).to_pylist() == expected


def test_no_expression_takes_for_ever() -> None:
    # Python's own would need some 2 to the power of 100,000 steps.
    assert take(r"^(a+)+$", "a" * 100_000 + "b") == [None]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "missing ): ("),
        ("a)(b", "unexpected ): a)(b"),
        ("[", "missing ]: ["),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("(?<=a)b", "invalid perl operator: (?<="),
        ("a{2000}", "invalid repetition size: {2000}"),
    ],
)
def test_the_flaw_of_an_expression_is_told(pattern: str, why: str) -> None:
    assert flaw(pattern) == why


@pytest.mark.parametrize("pattern", [r"patient(\d+)", "", "ä", r"\pL+", "[[:alpha:]]"])
def test_an_expression_without_a_flaw_has_none(pattern: str) -> None:
    assert flaw(pattern) == ""


def test_an_expression_that_does_not_end_is_told() -> None:
    assert "does not end" in flaw(r"\Qp")
    assert not flaw(r"\Qp\E")
