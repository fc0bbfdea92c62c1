"""Patterns of names, against fsspec, whose patterns the hub's own libraries read."""

import re
from random import Random

import fsspec.utils
import pytest

from stages.sources.globs import matching

# Without [!a], which to fsspec stands for the slash between folders, too.
TOKENS = ["a", "b", "c", ".", "*", "?", "-", "\\", "[ab]", "[a-c]", "[c-a]", "[]a]", "[!]", "[",
          "[a", "]"]  # fmt: skip


def name(random: Random) -> str:
    return "/".join("".join(random.choices("abc.-", k=random.randint(1, 4))) for _ in range(3))


def pattern(random: Random) -> str:
    parts = ["".join(random.choices(TOKENS, k=random.randint(1, 4))) for _ in range(3)]
    plain = [re.sub(r"\*+", "*", part) for part in parts]
    return "/".join("**" if random.random() < 0.3 else part for part in plain)


def test_patterns_are_those_of_fsspec() -> None:
    random, hits = Random(1), 0  # noqa: S311 -- no secret
    for _ in range(2000):
        glob, names = pattern(random), [name(random)[random.choice([0, 0, 2]) :] for _ in range(9)]
        names = [each.strip("/") or "a" for each in names]
        names = ["/".join(part or "a" for part in each.split("/")) for each in names]
        regex = re.compile(fsspec.utils.glob_translate(glob))
        expected = [each for each in names if regex.fullmatch(each)]
        assert matching(names, glob) == expected, glob
        hits += len(expected)
    assert hits > 500


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("**", ["a", "d/a", "d/e/a"]),
        ("*", ["a"]),
        ("d/**", ["d/a", "d/e/a"]),
        ("**/a", ["a", "d/a", "d/e/a"]),
        ("d/**/a", ["d/a", "d/e/a"]),
        ("d/*/a", ["d/e/a"]),
        ("a/**", []),
        ("d[!x]a", []),
        ("[!x]/[!d]", ["d/a"]),
        ("/a", []),
        ("", []),
    ],
)
def test_two_stars_are_any_folders(glob: str, expected: list[str]) -> None:
    assert matching(["a", "d/a", "d/e/a"], glob) == expected


def test_two_stars_beside_others_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^a\*\* holds \*\* beside other characters"):
        matching(["a"], "b/a**")


@pytest.mark.parametrize(
    ("glob", "alike"),
    [
        ("*a" * 14 + "b", 0),
        ("*a" * 50 + "*.parquet", 1),
        ("**/*a*a*a*a*a*a*a*b/**/" * 20 + "*", 0),
        ("**/*/" * 20 + "*", 0),
        ("*[a-c]" * 30 + "*", 1),
    ],
)
def test_no_pattern_takes_for_ever(glob: str, alike: int) -> None:
    names = ["a" * 200 + ".parquet"]
    assert len(matching(names, glob)) == alike
    assert not matching(["/".join(["a" * 60] * 15) + "/b"], "**/*a*a*a*a*a*a*a*b/" * 10)
