import json
from typing import Annotated, Literal

import pytest
from pydantic import Field, PositiveInt, ValidationError, model_validator

from stages import mistakes
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
