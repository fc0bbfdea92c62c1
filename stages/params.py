"""Read sections of params.yaml as typed, checked, immutable values."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stages import mistakes, sections
from stages.errors import UserError
from stages.mistakes import Former

PATH = Path("params.yaml")
# Bounds are far above all use, and low enough that no product of two overflows.
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # what NumPy and scikit-learn take
BatchSize = Annotated[int, Field(ge=1, le=1_000_000)]  # images
Epochs = Annotated[int, Field(ge=1, le=100_000)]
Location = Annotated[str, Field(min_length=1, max_length=4096)]  # path or address
Column = Annotated[str, Field(min_length=1, max_length=1000)]  # name in a table
ParamsT = TypeVar("ParamsT", bound="Params")


class Params(BaseModel):
    """A group of parameters: no unknown key, no missing key, no conversion, no mutation."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    former: ClassVar[Mapping[str, Former]] = {}  # by names that parameters of this class once had

    @classmethod
    def load(cls, path: Path = PATH, known: Collection[str] | None = None) -> Self:
        """Read the section with the name of this class in lower case.

        `known` are the sections that the file may have; None: one of each stage.

        Raises:
            UserError: the file or the section is missing or does not parse, or a key is unknown,
                missing or out of bounds; one line a key.
        """
        name = cls.__name__.lower()
        section = sections.section(name, path, known)
        former = {old: now for parent in cls.__mro__ for old, now in _former(parent).items()}
        try:
            return cls.model_validate_json(section)
        except ValidationError as error:
            lines = mistakes.describe(name, cls.model_fields, error, former)
            raise UserError("\n".join(f"{path}: {line}" for line in lines)) from error

    def part(self, group: type[ParamsT]) -> ParamsT:
        """Return the parameters of `group`, which is one of this class's parents."""
        return group.model_validate({name: getattr(self, name) for name in group.model_fields})


def _former(parent: type) -> Mapping[str, Former]:
    """Return the former names that a class declares itself, without those of its parents."""
    named: Mapping[str, Former] = vars(parent).get("former", {})
    return named
