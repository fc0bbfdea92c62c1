"""The results of a study, as its table and page show them."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

Value = bool | int | float | str | None  # of a parameter


class SearchTrial(NamedTuple):
    """One trial: the parameters it set, and what it came to."""

    number: int  # from 0, in the order in which they began; 0 sets nothing, if it is the default
    state: Literal["complete", "pruned", "failed"]
    settings: Mapping[str, Value]  # by dotted parameter
    score: float | None  # the aim of the epoch that was kept; None unless complete
    curve: Sequence[float]  # the aim after each epoch, from the first; empty if none ended
    experiment: str  # its name; empty where there is none
    reason: str = ""  # of one that failed, in a line


class Found(NamedTuple):
    """A study: what was looked for, and all trials that ended, in their order."""

    name: str  # of the study
    aim: str  # as `val_accuracy`
    maximize: bool
    ranges: Mapping[str, str]  # by dotted parameter: what it was drawn from, in words
    trials: Sequence[SearchTrial]
    importance: Mapping[str, float]  # by parameter, of sum 1; empty of too few trials
    best: SearchTrial | None
    default: SearchTrial | None  # with params.yaml as it is, if it was tried
    logarithmic: Collection[str] = ()  # the parameters that were drawn on such a scale
    chosen: Collection[str] = ()  # those that were drawn from a list
    given: Mapping[str, Value] = MappingProxyType({})  # what params.yaml has of the parameters
