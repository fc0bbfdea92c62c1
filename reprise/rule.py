"""The rule by which a model says what it does not know: three thresholds, and what they promise."""

import reprlib
from collections.abc import Callable
from sys import float_info
from typing import Any, Literal, NamedTuple, get_args

Abstain = Literal["none", "precision", "coverage"]
NEVER = 2.0  # above every probability


class Rule(NamedTuple):
    """Thresholds that stage `evaluate` fitted to val, after what was asked for."""

    threshold: float = 0.0  # least probability of an answer; NEVER: there is none
    set_threshold: float | None = None  # least probability of a class of the set; None: no sets
    energy_threshold: float | None = None  # most energy of a familiar image; None: all are
    abstain: Abstain = "none"
    abstain_target: float | None = None  # precision or share of the answers, in (0, 1)
    conformal_alpha: float | None = None  # share of the sets that may lack the class
    ood_quantile: float | None = None  # share of familiar images that may be taken for others

    def abstains(self) -> bool:
        """Return whether there are images that it does not answer."""
        return self.threshold > 0 or self.energy_threshold is not None


def parse(values: Any) -> Rule:  # noqa: ANN401  # what JSON holds
    """Check what JSON holds of a rule; ignore unknown keys, which a later version may add.

    Raises:
        ValueError: a key is missing, or has a value of the wrong kind.
    """
    for key, (fits, expected) in EXPECTED.items():
        if not isinstance(values, dict) or key not in values:
            raise ValueError(f"{key} is missing")
        if not fits(values[key]):
            raise ValueError(f"{key} is {reprlib.repr(values[key])}, expected {expected}")
    return Rule(*(values[key] for key in Rule._fields))


def _is_number(value: object) -> bool:
    # By a comparison, not `isfinite`: an int of hundreds of digits fits no float. NaN fails it.
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= float_info.max


def _is_number_or_none(value: object) -> bool:
    return value is None or _is_number(value)


MAYBE = (_is_number_or_none, "a number or null")
EXPECTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(Rule._fields, MAYBE),
    "threshold": (_is_number, "a number"),
    "abstain": (lambda value: value in get_args(Abstain), " or ".join(get_args(Abstain))),
}
