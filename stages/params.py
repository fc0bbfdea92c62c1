"""From params.yaml to typed, checked, immutable values."""

import json
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from stages import mistakes
from stages.errors import UserError

PATH = Path("params.yaml")
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # what NumPy and scikit-learn take
Group = TypeVar("Group", bound="Params")


class Params(BaseModel):
    """A group of parameters: no unknown key, no missing key, no conversion, no mutation."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def load(cls, path: Path = PATH) -> Self:
        """Read the section that bears this class's name in lower case.

        Raises:
            UserError: the file or the section is missing or does not parse, or a key is unknown,
                missing or out of bounds; one line a key.
        """
        name = cls.__name__.lower()
        section = _section(name, path)
        try:
            return cls.model_validate_json(section)
        except ValidationError as error:
            lines = mistakes.describe(name, cls.model_fields, error)
            raise UserError("\n".join(f"{path}: {line}" for line in lines)) from error

    def part(self, group: type[Group]) -> Group:
        """Return those of the parameters that belong to `group`, one of this section's parents."""
        return group.model_validate({name: getattr(self, name) for name in group.model_fields})


def _section(name: str, path: Path) -> str:
    """Return one section of the file as JSON, after a look at the names of all."""
    sections = _sections(path)
    # A section belongs to the script of its name; any other would be silently ignored.
    scripts = [
        script.stem
        for script in Path(__file__).parent.glob("*.py")
        if "\nif __name__ ==" in script.read_text(encoding="utf-8")
    ]
    for unknown in (str(key) for key in sections if key not in scripts):
        raise UserError(
            f"{path}: section {unknown} is unknown; {mistakes.nearest(unknown, scripts)}"
        )
    if name not in sections:
        raise UserError(f"{path}: section {name} is missing; restore it with `git checkout {path}`")
    section = sections[name]
    if not isinstance(section, dict):
        raise UserError(f"{path}: section {name} must hold one key per parameter, holds {section}")
    try:
        # As JSON, where strict has a list for a tuple; a YAML date becomes a string.
        return json.dumps(section, default=str)
    except (TypeError, ValueError) as error:  # a key that is no name, an alias of its own parent
        raise UserError(f"{path}: section {name} is not plain: {error}; mend it by hand") from error


def _sections(path: Path) -> dict[object, object]:
    """Parse the file as YAML 1.2, as DVC does: 1e-3 is a number (in 1.1 it is a string)."""
    try:
        sections = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: is missing in {Path.cwd()}; run from the repository's top folder, "
            f"or restore it with `git checkout {path}`"
        ) from error
    except (YAMLError, ValueError, LookupError, OSError, RecursionError) as error:
        reason = " ".join(str(error).split())
        if isinstance(error, MarkedYAMLError) and error.problem_mark:
            reason = f"line {error.problem_mark.line + 1}: {error.problem}"
        raise UserError(f"{path}: is not valid YAML: {reason}; mend it by hand") from error
    if not isinstance(sections, dict):
        raise UserError(f"{path}: must hold one section per stage, holds {sections!r}")
    return sections
