"""Ranges of search.yaml as distributions of Optuna: intervals and lists of choices."""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from stages.mistakes import shown

Number: TypeAlias = int | float
Drawn: TypeAlias = bool | int | float | str | None
MOST_STEPS = 1e9  # of a range; with more, leave the step out
DIGITS = 4  # of a number that is drawn: what params.yaml then says is short, and is what was used
OF_STEPS = 12  # digits of one that is a sum of steps, which carries what floats add
KEYS = ("low", "high", "log", "step")


class Range(NamedTuple):
    """The distribution of a parameter, and how its samples stand in params.yaml."""

    distribution: BaseDistribution
    words: str
    choices: Mapping[str, Any]  # by the text that the study has of them; empty of an interval

    def setting(self, drawn: Drawn) -> Any:  # noqa: ANN401 - whatever a parameter may be
        """Convert a sample of the distribution to the value in params.yaml."""
        if self.choices:
            return self.choices[str(drawn)]
        if isinstance(self.distribution, FloatDistribution) and isinstance(drawn, float):
            digits = DIGITS if self.distribution.step is None else OF_STEPS
            rounded = float(f"{drawn:.{digits}g}")
            return min(max(rounded, self.distribution.low), self.distribution.high)
        return drawn

    def drawn(self, setting: object) -> Drawn:
        """Convert a value of params.yaml to the sample that gives it.

        Raises:
            ValueError: no draw gives it.
        """
        if self.choices:
            text = _text(setting)
            if text in self.choices:
                return text
        elif isinstance(setting, int | float) and not isinstance(setting, bool):
            value = float(setting) if isinstance(self.distribution, FloatDistribution) else setting
            if self.distribution._contains(value):  # noqa: SLF001 - nothing else tells
                return value
        raise ValueError(f"{shown(setting)} is not {self.words}")

    def ends(self) -> Iterator[Any]:
        """Yield the ends of an interval, or all choices, for a check of bounds."""
        if self.choices:
            yield from self.choices.values()
        elif isinstance(self.distribution, FloatDistribution | IntDistribution):
            yield self.distribution.low
            yield self.distribution.high


def parse(given: object, *, whole: bool) -> Range:
    """Return the range that the file gives a parameter, of whole numbers or of any.

    Raises:
        ValueError: it is none.
    """
    if isinstance(given, Mapping):
        return _interval(given, whole=whole)
    if isinstance(given, Sequence) and not isinstance(given, str):
        return _choices(given)
    raise ValueError(
        f"must be a list of choices, or low and high, as {{low: 0.001, high: 0.1, log: true}}, "
        f"is {shown(given)}"
    )


def _choices(given: Sequence[object]) -> Range:
    texts = [_text(value) for value in given]
    if len(texts) < 2:
        raise ValueError(f"must have two choices or more, is {shown(given)}")
    numbers = [value for value in given if type(value) in {int, float}]
    if any(numbers.count(number) > 1 for number in numbers):
        raise ValueError(f"has a number twice, is {shown(given)}")
    if twice := next((text for text in texts if texts.count(text) > 1), None):
        raise ValueError(f"has the choice {twice} twice")
    choices = dict(zip(texts, given, strict=True))
    return Range(CategoricalDistribution(texts), f"one of {', '.join(texts)}", choices)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _interval(given: Mapping[str, object], *, whole: bool) -> Range:
    if unknown := [str(key) for key in given if key not in KEYS]:
        raise ValueError(f"has {', '.join(map(shown, unknown))}; known are {', '.join(KEYS)}")
    low, high = _number(given, "low"), _number(given, "high")
    log, step = given.get("log", False), given.get("step")
    if log not in (True, False):
        raise ValueError(f"log must be true or false, is {shown(log)}")
    if not low < high:
        raise ValueError(f"low must be less than high, is {low} and {high}")
    if log and low <= 0:
        raise ValueError(f"low must be greater than 0 where log is true, is {low}")
    if log and step is not None:
        raise ValueError("has both log and step; leave one of them out")
    words = f"{low} to {high}{', log' if log else ''}"
    step = None if step is None else _number(given, "step")
    words = words if step is None else f"{words}, step {step}"
    made = _whole(low, high, step, log) if whole else _any(low, high, step, log)
    return Range(made, words, {})


def _whole(low: Number, high: Number, step: Number | None, log: bool) -> BaseDistribution:  # noqa: FBT001
    """Return a distribution of whole numbers."""
    if not all(isinstance(number, int) for number in (low, high, step or 1)):
        raise ValueError(f"takes whole numbers alone, is {low} to {high}")
    _require_reached(low, high, step)
    return IntDistribution(int(low), int(high), log, int(step or 1))


def _any(low: Number, high: Number, step: Number | None, log: bool) -> BaseDistribution:  # noqa: FBT001
    """Return a distribution of numbers."""
    _require_reached(low, high, step)
    if step is None and f"{low:.{DIGITS - 1}g}" == f"{high:.{DIGITS - 1}g}":
        raise ValueError(f"low and high must differ in their first digits, are {low} and {high}")
    return FloatDistribution(float(low), float(high), log, step)


def _require_reached(low: Number, high: Number, step: Number | None) -> None:
    """Refuse a step that does not lead from low to high: Optuna would lower high.

    Raises:
        ValueError: it is one.
    """
    if step is None:
        return
    count = (high - low) / step if step > 0 else 0.5
    if count > MOST_STEPS:
        raise ValueError(f"step must be at least {(high - low) / MOST_STEPS:.3g}, is {step}")
    if round(count) < 1 or abs(count - round(count)) > 1e-9:
        raise ValueError(f"step must lead from low to high, is {step} of {low} to {high}")


def _number(given: Mapping[str, object], key: str) -> Number:
    value = given.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        found = "is missing" if value is None else f"must be a number, is {shown(value)}"
        raise ValueError(f"{key} {found}")
    return value
