"""Whatever stands in params.yaml: a value within its bounds, or short lines that name the key.

The environment variable FUZZ, a factor, multiplies how many values are drawn.
"""

import builtins
import os
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import isfinite
from pathlib import Path
from random import Random
from typing import get_args, get_origin

import pytest
from ruamel.yaml import YAML

from docs.parameters import unfold
from stages import sections
from stages.errors import UserError
from stages.params import PATH
from tools.params_yaml import section_class

PARAMS: dict[str, dict[str, object]] = YAML(typ="safe").load(Path("params.yaml"))
KEYS = [(name, key) for name, keys in PARAMS.items() for key in keys]
DRAWN = int(10 * float(os.environ.get("FUZZ", "1")))  # values for each key, beside those below
LONGEST = 700  # characters of a line: names of choices, and what a value is
# As YAML, each in the place of a value.
HOSTILE = (
    "", "~", "null", "true", "False", "yes", "0", "-0", "1", "-1", "2", "3", "-0.0", "0.5", "1.0",
    "1e-320", "1e-45", "1e39", "-1e39", "1e308", "1e309", "-1e999", ".nan", ".NaN", ".inf", "-.inf",
    "127", "255", "65536", "2147483647", "2147483648", "4294967296", "9223372036854775807",
    "9223372036854775808", "-9223372036854775809", "18446744073709551616", "9" * 29, "-" + "9" * 29,
    "9" * 301, "1" + "0" * 4000, "0x" + "f" * 4000, "0x10", "0o17", "1_000", "1e3", "1E+3", "01",
    "'1'", "'0.5'", "' '", "''", "auto", "none", "default", "NONE", "cnn ", "None", "x" * 200_000,
    "'" + "'' " * 50_000 + "'", '"a\\0b"', '"\\uD800"', '"\\uDFFF\\uD800"', '"\\e[31mred"',
    '"\\u202Eabc"', '"a\\nb"', '"\\x7f"', '"\\U0001F600"', "\u0663", "\u0661\u0662", "\uff11",
    "\u00bd", "2020-01-31", "2020-01-31T10:00:00Z", "1:30", "!!binary aGVsbG8=", "!!set {a, b}",
    "!!omap [a: 1]", "!!str 1", "!!int '3'", "!!float 1", "!!timestamp 2001-01-01", "[]", "[[]]",
    "[1]", "[1, 1]", "[0, 0]", "[2, 1]", "[-1, 8]", "[8, 8, 8]", "[null]", "[true]", "[1.5, 2]",
    "[.nan]", "[a, b]", "[[1], [2]]", "[1, [2, [3, [4]]]]", "[" * 15 + "]" * 15,
    "[" * 60 + "]" * 60, "[" + "1, " * 1500 + "1]", "[" + "-1, " * 1500 + "1]",
    "[" + "1, " * 20_000 + "1]", "[" + "9" * 29 + "]", '["\\uD800"]', "{}", "{a: 1}", "{1: 2}",
    "{null: 1}", "{true: 1}", "{a: {b: {c: 1}}}", "{size: 3}", "{? [1, 2] : 3}", "&a [*a]",
    "&a {b: *a}", "&a [1, 2]",
    "[&a [1,1,1,1,1,1,1,1,1], &b [*a,*a,*a,*a,*a,*a,*a], &c [*b,*b,*b,*b,*b,*b,*b], [*c,*c,*c,*c]]",
)  # fmt: skip
LETTERS = "0123456789.-+eE_xaZ ~!*&[]{}:,'\"\\\t\n\0\u0663\u202e\U0001f600\ud800"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # They are read from the code, a third of the time of a load.
    monkeypatch.setattr(sections, "stage_names", cache(sections.stage_names))


def parsed(text: str) -> object:
    """Return what a value is in YAML."""
    values: dict[str, object] = YAML(typ="safe", pure=True).load(f"a: {text}\n")
    return values["a"]


REQUIRE_PLAIN = sections._require_plain
VALUES = [parsed(text) for text in HOSTILE if "? [" not in text]


def fits(  # noqa: PLR0911 - one for each kind of value
    annotation: object, metadata: Sequence[object], value: object
) -> bool:
    """Say whether a value is one that docs/parameters.py promises."""
    parts, origin = get_args(annotation), get_origin(annotation)
    match origin:
        case typing.Annotated:
            bounds = [bound for item in parts[1:] for bound in unfold(item)]
            return fits(parts[0], bounds, value)
        case typing.Literal:
            return any(value == part and type(value) is type(part) for part in parts)
        case typing.Union | types.UnionType:
            return any(fits(part, (), value) for part in parts)
        case builtins.tuple if isinstance(value, tuple):
            kinds = [parts[0]] * len(value) if parts[1:] == (Ellipsis,) else [*parts]
            fixed = len(kinds) == len(value) and kinds == [*parts]
            pairs = zip(kinds, value, strict=True)
            return (fixed or within(metadata, len(value), "length")) and all(
                fits(kind, (), item) for kind, item in pairs
            )
    if type(value) is not annotation:
        return False
    if isinstance(value, int | float):
        return isfinite(value) and within(metadata, value, "value")
    return value is None or (isinstance(value, str) and within(metadata, len(value), "length"))


def within(metadata: Sequence[object], number: float, what: str) -> bool:
    """Say whether a number is within all bounds, and whether there is an upper one at all."""
    names = ("min_length", "max_length") if what == "length" else ("ge", "gt", "le", "lt")
    bounds = {
        name: getattr(item, name) for item in metadata for name in names if hasattr(item, name)
    }
    checks: dict[str, Callable[[float], bool]] = {
        "ge": lambda bound: number >= bound,
        "gt": lambda bound: number > bound,
        "le": lambda bound: number <= bound,
        "lt": lambda bound: number < bound,
        "min_length": lambda bound: number >= bound,
        "max_length": lambda bound: number <= bound,
    }
    bounded = isinstance(number, bool) or {"le", "lt", "max_length"} & bounds.keys()
    pattern = any(getattr(item, "pattern", None) for item in metadata)
    return bool(bounded or pattern) and all(checks[name](at) for name, at in bounds.items())


def outcome(load: Callable[[], object]) -> tuple[object, list[str]]:
    """Return what a load gives, or the lines that it complains of."""
    try:
        return load(), []
    except UserError as error:
        return None, str(error).split("\n")


def survives(name: str, key: str, value: object, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Load a section with one other value; return whether it is taken."""
    monkeypatch.setattr(sections, "_load", lambda _: {name: {**PARAMS[name], key: value}})

    def require_plain(section: str, changed: object, inner: object, path: Path) -> None:
        """Spare those that stand there always, most of the time of a load."""
        if changed == key:
            REQUIRE_PLAIN(section, changed, inner, path)

    monkeypatch.setattr(sections, "_require_plain", require_plain)
    cls = section_class(name)
    params, found = outcome(cls.load)
    if not found:
        field, taken = cls.model_fields[key], getattr(params, key)
        assert fits(field.annotation, field.metadata, taken), f"{name}.{key} is {taken!r:.99}"
    assert len(found) <= 21
    for line in found:
        assert line.startswith((f"params.yaml: {name}", f"params.yaml: section {name}")), line[:99]
        assert key in line or line.endswith(" more mistakes"), line
        assert line.isprintable(), repr(line)
        assert len(line) <= LONGEST, line
        assert "must ," not in line
        assert "must is" not in line
    return not found


@pytest.mark.parametrize("name", PARAMS)
def test_every_leaf_withstands_every_hostile_value(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in PARAMS[name]:
        for value in VALUES:
            survives(name, key, value, monkeypatch)


def nearby(value: object, rng: Random) -> Iterator[object]:
    """Yield values of the kind that stands there, and of others, at bounds and between."""
    while True:
        number = rng.choice(
            [rng.randint(-3, 40), rng.randint(-(10**6), 10**7), rng.getrandbits(99)]
        )
        real = rng.choice([rng.random(), rng.uniform(-2, 2000), rng.expovariate(1e-30), 5e-324])
        text = "".join(rng.choices(LETTERS, k=rng.choice([1, 3, 12, 5000])))
        simple = rng.choice([number, real, text, value, rng.random() < 0.5, None])
        yield rng.choice([simple, [simple] * rng.randint(0, 4), {text: simple}, [number, real]])


@pytest.mark.parametrize("name", PARAMS)
def test_every_leaf_withstands_drawn_values(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(name)  # noqa: S311
    for key, value in PARAMS[name].items():
        drawn = nearby(value, rng)
        for _ in range(DRAWN):
            survives(name, key, next(drawn), monkeypatch)


@pytest.mark.parametrize("name", PARAMS)
def test_every_value_survives_as_text_in_the_file(name: str) -> None:
    rng = Random(f"text {name}")  # noqa: S311
    for text in rng.sample(HOSTILE, min(2 * DRAWN, len(HOSTILE))):
        key = rng.choice([*PARAMS[name]])
        PATH.write_text(f"{name}:\n  {key}: {text}\n", "utf-8")
        for line in outcome(section_class(name).load)[1]:
            assert line.startswith(
                (
                    f"params.yaml: {name}",
                    f"params.yaml: section {name}",
                    "params.yaml: is not valid YAML: line ",
                )
            )
            assert line.isprintable()
            assert len(line) <= LONGEST


def test_no_damage_to_the_file_is_a_traceback() -> None:
    rng = Random(0)  # noqa: S311
    text = (Path(__file__).parents[2] / "params.yaml").read_bytes()
    for _ in range(2 * DRAWN):
        data, place = bytearray(text[: rng.randrange(len(text))]), rng.randrange(100)
        for _ in range(rng.randint(0, 3)):
            data[place : place + rng.randint(0, 2)] = rng.randbytes(rng.randint(0, 3))
            place = rng.randrange(len(data) + 1)
        PATH.write_bytes(data)
        for line in outcome(section_class("download").load)[1]:
            assert line.startswith("params.yaml: ")
            assert line.isprintable()
