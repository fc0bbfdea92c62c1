import json
import re
from typing import Annotated, Literal

import pytest
from pydantic import Field, PositiveInt, ValidationError, model_validator
from pydantic_core import InitErrorDetails
from pydantic_core._pydantic_core import list_all_errors

from stages import mistakes
from stages.mistakes import Former
from stages.params import Params


class Toy(Params):
    seed: int = Field(ge=0, description="decides")
    size: tuple[PositiveInt, PositiveInt] = Field(description="height and width")
    workers: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = Field(description="at once")
    rates: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(description="of dropout")
    kind: Literal["a", "b", "c"] = Field(description="of network")
    name: str = Field(min_length=1, description="of the run")
    root: str | None = Field(description="of the images")

    @model_validator(mode="after")
    def _agree(self) -> "Toy":
        if self.kind == "c" and self.seed:
            raise ValueError("kind c needs seed 0")
        return self


GOOD = {
    "seed": 0,
    "size": [8, 9],
    "workers": "auto",
    "rates": [0.5],
    "kind": "a",
    "name": "x",
    "root": None,
}


def lines(**changes: object) -> list[str]:
    """Return what is wrong with a section as it comes from JSON."""
    section = {key: value for key, value in (GOOD | changes).items() if value is not ...}
    with pytest.raises(ValidationError) as caught:
        Toy.model_validate_json(json.dumps(section))
    return mistakes.describe("toy", Toy.model_fields, caught.value)


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("workers", 0, "workers must be 'auto' or greater than or equal to 1, is 0"),
        ("workers", 257, "workers must be 'auto' or less than or equal to 256, is 257"),
        ("workers", "all", "workers must be 'auto' or a valid integer, is \"all\""),
        ("workers", 1.5, "workers must be 'auto' or a valid integer, is 1.5"),
        ("workers", None, "workers must be 'auto' or a valid integer, is null"),
        ("root", 3, "root must be a valid string, is 3"),
        ("kind", "d", "kind must be 'a', 'b' or 'c', is \"d\""),
        ("size", [8, 0], "size.1 must be greater than 0, is 0"),
        ("size", [-1, 8], "size.0 must be greater than 0, is -1"),
        ("size", [8, "9"], 'size.1 must be a valid integer, is "9"'),
        ("size", [8, None], "size.1 must be a valid integer, is null"),
        ("size", [8], "size.1 is missing; add it: height and width"),
        ("size", 8, "size must be a valid array, is 8"),
        ("size", "8", 'size must be a valid array, is "8"'),
        ("size", {"height": 8}, 'size must be a valid array, is {"height": 8}'),
        ("size", [8, 8, 8], "size must have at most 2 items, is [8, 8, 8]"),
        ("rates", [0.1, 0.2, 1], "rates.2 must be less than 1, is 1"),
        ("name", "", 'name must have at least 1 character, is ""'),
        ("seed", ..., "seed is missing; add it: decides"),
        ("size", ..., "size is missing; add it: height and width"),
        ("sizes", 1, "sizes is unknown; did you mean toy.size?"),
        ("Seed", 1, "Seed is unknown; did you mean toy.seed?"),
    ],
)
def test_a_mistake_is_one_line_with_what_was_found_and_what_was_expected(
    key: str, value: object, line: str
) -> None:
    assert lines(**{key: value}) == [f"toy.{line}"]


def test_an_unknown_key_like_no_other_comes_with_all_that_are_known() -> None:
    assert lines(zzz=1) == [
        "toy.zzz is unknown; known are: kind, name, rates, root, seed, size, workers"
    ]


def test_a_rule_across_keys_names_the_section() -> None:
    assert lines(kind="c", seed=1) == ["toy: kind c needs seed 0"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            [],
            [
                "size.0 is missing; add it: height and width",
                "size.1 is missing; add it: height and width",
            ],
        ),
        ([0, -1], ["size.0 must be greater than 0, is 0", "size.1 must be greater than 0, is -1"]),
        (
            ["a"],
            [
                'size.0 must be a valid integer, is "a"',
                "size.1 is missing; add it: height and width",
            ],
        ),
    ],
)
def test_every_position_of_a_list_has_a_line_of_its_own(
    value: list[object], expected: list[str]
) -> None:
    assert lines(size=value) == [f"toy.{line}" for line in expected]


def test_every_key_has_a_line_of_its_own() -> None:
    found = lines(seed=-1, workers=0, size=[8, 0], kind="d", nmae="x")
    assert [line.split()[0] for line in found] == [
        "toy.seed",
        "toy.size.1",
        "toy.workers",
        "toy.kind",
        "toy.nmae",
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("trian", "did you mean train?"),
        ("TRAIN", "did you mean train?"),
        ("x", "known are: test, train"),
    ],
)
def test_the_nearest_name_is_proposed(name: str, hint: str) -> None:
    assert mistakes.nearest(name, ["train", "test"]) == hint


def test_a_proposal_bears_its_prefix() -> None:
    assert mistakes.nearest("trian", ["train"], "a.") == "did you mean a.train?"


KINDS = {str(kind["type"]): kind for kind in list_all_errors()}
ELSEWHERE = {"missing", "extra_forbidden", "value_error"}  # tested above


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - ELSEWHERE))
def test_every_finding_of_pydantic_makes_a_line_that_says_something(kind: str) -> None:
    context = KINDS[kind]["example_context"] or {}
    filled = {name: "seven" if value == "" else value or 7 for name, value in context.items()}
    details = InitErrorDetails(type=kind, loc=("seed",), input="x", ctx=filled)
    error = ValidationError.from_exception_data("Toy", [details], "json")
    (line,) = mistakes.describe("toy", Toy.model_fields, error)
    assert line.startswith(("toy.seed must ", "toy.seed: "))
    assert re.search(r"(, |; it )is \"x\"$", line)
    assert not re.search(r"must ,|must is|: ;|must $", line)


@pytest.mark.parametrize(
    ("json_text", "line"),
    [
        ("9" * 29, "toy.seed must be less than or equal to 9, is 99999999999999999999999999999"),
        ("9" * 4400, "toy: Invalid JSON: number out of range"),
        ("NaN", "toy.seed must be a valid integer, is NaN"),
        ("-Infinity", "toy.seed must be a valid integer, is -Infinity"),
        ('"\\n\\u202e"', 'toy.seed must be a valid integer, is "\\n\\u202e"'),
    ],
    ids=["29 digits", "4,400 digits", "NaN", "infinity", "letters"],
)
def test_what_json_can_hold_besides_is_one_short_line(json_text: str, line: str) -> None:
    class Toy(Params):
        seed: int = Field(le=9, description="decides")

    with pytest.raises(ValidationError) as caught:
        Toy.model_validate_json(f'{{"seed": {json_text}}}')
    (found,) = mistakes.describe("toy", Toy.model_fields, caught.value)
    assert found.startswith(line)
    assert len(found) < 500


def test_a_huge_value_is_shown_by_its_start() -> None:
    (found,) = lines(seed="x" * 200_000)
    assert found.startswith('toy.seed must be a valid integer, is "xxx')
    assert found.endswith("x... (200,002 characters)")
    assert len(found) < 300


def test_aliases_within_aliases_are_never_written_out() -> None:
    bomb: list[object] = [1]
    for _ in range(60):
        bomb = [bomb, bomb]
    assert len(mistakes.shown(bomb)) < 300
    bomb.append(bomb)
    assert len(mistakes.shown(bomb, repr)) < 300


def test_of_many_mistakes_the_first_are_told() -> None:
    found = lines(rates=[2.0] * 500)
    assert found[0] == "toy.rates.0 must be less than 1, is 2.0"
    assert found[20:] == ["toy: and 480 more mistakes"]


def test_letters_that_act_are_escaped_in_keys_and_values() -> None:
    (found,) = lines(**{"se\u202eed\x1b[31m": 1})
    assert found.startswith("toy.se\\u202eed\\x1b[31m is unknown; ")
    assert found.isprintable()


@pytest.mark.parametrize("key", ["size[0]", "rates[1]", "kind[x]"])
def test_a_key_with_a_bracket_is_told_that_a_list_is_one_value(key: str) -> None:
    whole = key.partition("[")[0]
    (found,) = lines(**{key: 1})
    assert found == (
        f"toy.{key} is unknown; a list is one value: write all of toy.{whole}, "
        f"on the command line as -S 'toy.{whole}=[1,2]'"
    )


def test_a_former_name_is_told_the_new_one_alone() -> None:
    section = {**GOOD, "length": [1, 2]}
    del section["size"]
    with pytest.raises(ValidationError) as caught:
        Toy.model_validate_json(json.dumps(section))
    former = {"length": Former("size", "shorter"), "pace": Former("seed", "older")}
    found = mistakes.describe("toy", Toy.model_fields, caught.value, former)
    assert found == ["toy.length is called size now (shorter); rename it"]
