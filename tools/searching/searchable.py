"""Which parameters can be searched, and whether their sections accept the ends of a range."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from stages import mistakes
from stages.errors import UserError
from stages.imaging.duplicates import Duplicates
from stages.imaging.grouping import Grouping
from stages.imaging.splitting import Splitting
from stages.params import PATH as PARAMS
from tools.params_yaml import checked, section_class, sectioned
from tools.searching.ranges import Range

SEARCHED = ("preprocess", "train")  # stages that decide what a network learns
# What decides which images val has: scores of other images are no comparison.
OF_VAL = {
    *Splitting.model_fields,
    *Grouping.model_fields,
    *Duplicates.model_fields,
}


def require(name: str, stated: Mapping[str, Mapping[str, object]]) -> None:
    """Refuse a parameter that there is not, or that cannot change the aim.

    Raises:
        ValueError: it is one.
    """
    section, _, key = name.partition(".")
    if section == "download" or (section == "preprocess" and key in OF_VAL):
        raise ValueError(
            "decides which images are in val, so scores could not be compared; leave it out"
        )
    if section in stated and section not in SEARCHED:
        raise ValueError(f"{section} does not change what a network learns; leave it out")
    if key not in stated.get(section, {}):
        known = [f"{part}.{each}" for part in SEARCHED for each in stated.get(part, {})]
        same = [each for each in known if each.partition(".")[2] == name.rpartition(".")[2]]
        near = f"did you mean {same[0]}?" if same else mistakes.nearest(name, known)
        raise ValueError(f"is no parameter of {PARAMS}; {near}")


def refused(path: Path, found: Mapping[str, Range]) -> Iterator[str]:
    """Yield a line for each value at an end of a range that the class of its section refuses."""
    for name, one in found.items():
        cls = section_class(name.partition(".")[0])
        for value in one.ends():
            try:
                checked(cls, sectioned({name: value}))
            except UserError as error:
                told = (line.partition(f"{PARAMS}: ")[2] for line in str(error).splitlines())
                # What depends on other parameters, the trial will tell.
                if of_this := next((line for line in told if line.startswith(f"{name} ")), ""):
                    yield f"{path}: ranges.{name}: {mistakes.shown(value)} is refused: {of_this}"


def is_whole(name: str) -> bool:
    """Tell whether a parameter takes whole numbers alone."""
    section, _, key = name.partition(".")
    return float not in _within(section_class(section).model_fields[key].annotation)


def _within(annotation: object) -> Iterator[object]:
    """Yield a type and all that it is made of."""
    yield annotation
    for inner in get_args(annotation):
        yield from _within(inner)
