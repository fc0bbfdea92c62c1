"""The runs that differ in one parameter, and what a user may set besides."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from stages.errors import UserError

QUOTED = re.compile(r"""\[.*\]|\{.*\}|"[^"]*"|'[^']*'""")  # where a comma parts no values
SEVERAL = re.compile(r",|^\s*(choice|range|interval|glob)\(")  # as `dvc exp run --queue` takes them


class Variant(NamedTuple):
    """One run: what it is called and sets."""

    label: str  # as `seed3`
    settings: tuple[str, ...]  # as `train.seed=3`


class Plan(NamedTuple):
    """All runs."""

    command: str  # `repeat` or `folds`
    variants: Sequence[Variant]
    settings: tuple[str, ...]  # of the user, for every run
    jobs: int  # runs at once


def parameter(setting: str) -> str:
    """Return the dotted name of the parameter that a setting sets."""
    return setting.partition("=")[0].removeprefix("params.yaml:").lstrip("+~").strip()


def require_several(count: int, name: str) -> None:
    """Refuse a single run, which has no standard deviation.

    Raises:
        UserError: there are less than two.
    """
    if count < 2:
        raise UserError(f"{name} must be at least 2, is {count}: one run does not vary")


def require_free(settings: Sequence[str], taken: Sequence[str]) -> None:
    """Refuse settings that are no `name=value`, or of parameters that the command sets itself.

    Raises:
        UserError: there is one.
    """
    for setting in settings:
        name, equals, value = setting.partition("=")
        key = parameter(setting)
        if not (equals and name):
            raise UserError(f"-S takes a parameter and its value, as train.lr=0.01, is {setting!r}")
        if SEVERAL.search(QUOTED.sub("", value)):
            raise UserError(
                f"-S {setting}: is several values, and a run takes one; run this for each of them, "
                f"or write a list as {key}=[1,2]"
            )
        if key in taken:
            raise UserError(f"-S {key}: this command sets it, a value for each run; leave it out")
