"""Read search.yaml, and check its ranges against the parameters of the stages."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from stages import mistakes, sections
from stages.errors import UserError
from stages.params import PATH as PARAMS
from stages.params import Params, Seed
from tools.searching import ranges, searchable
from tools.searching.ranges import Drawn, Range

PATH = Path("search.yaml")
SECTIONS = ("search", "ranges")
CURVES = ("val_accuracy", "val_loss")  # after every epoch: metrics/history.csv
# Of metrics/evaluate.json, where evaluate.split is val; those that should be small.
SMALL = ("loss", "ece")
Scored = Literal["accuracy", "macro_f1", "loss", "ece"]
Aim = Literal["val_accuracy", "val_loss"] | Scored


class Search(Params):
    """Section `search` of search.yaml."""

    aim: Aim = Field(
        description="score on val that is to be best: val_accuracy or val_loss of the epoch that "
        "train keeps, or one of metrics/evaluate.json where evaluate.split is val"
    )
    trials: Annotated[int, Field(ge=1, le=100_000)] = Field(
        description="trials in all; the first is params.yaml as it is"
    )
    seed: Seed = Field(description="decides what is drawn")
    sampler: Literal["tpe", "random"] = Field(
        description="tpe learns from the trials before; random does not"
    )
    prune: Literal["none", "median", "hyperband"] = Field(
        description="stop a trial whose curve on val falls behind those of the others"
    )


class Design(NamedTuple):
    """The contents of search.yaml, and the values of params.yaml for its ranges."""

    params: Search
    ranges: Mapping[str, Range]  # by dotted parameter
    default: Mapping[str, Any]  # what params.yaml says of these

    @property
    def maximize(self) -> bool:
        """Whether the aim is to be large."""
        return self.params.aim not in {"val_loss", *SMALL}

    def setting(self, name: str, drawn: Drawn) -> Any:  # noqa: ANN401
        """Convert a sample to the value in params.yaml; an equal value keeps its spelling."""
        made, stands = self.ranges[name].setting(drawn), self.default[name]
        same = isinstance(made, float) and isinstance(stands, int) and made == stands
        return stands if same and not isinstance(stands, bool) else made

    def identity(self) -> list[str]:
        """Return what identifies the study: everything but the number of trials."""
        told = self.params.model_dump(mode="json", exclude={"trials"})
        words = {name: found.words for name, found in self.ranges.items()}
        return [json.dumps([told, words], sort_keys=True)]


def load(path: Path = PATH) -> Design:
    """Read the file, and check every range by the class of its section.

    Raises:
        UserError: something is not understood, or params.yaml would refuse a value; a line each.
    """
    params = Search.load(path, SECTIONS)
    given = json.loads(sections.section("ranges", path, SECTIONS))
    if not given:
        raise UserError(f"{path}: ranges is empty; name a parameter, as train.lr: [0.001, 0.01]")
    stated = sections.stated(PARAMS)
    problems, found = list[str](), dict[str, Range]()
    for name, what in given.items():
        try:
            searchable.require(name, stated)
            found[name] = ranges.parse(what, whole=searchable.is_whole(name))
        except ValueError as error:
            problems.append(f"{path}: ranges.{mistakes.short(name)}: {error}")
    problems = problems or [*searchable.refused(path, found)]
    if problems:
        raise UserError("\n".join(problems))
    _require_on_val(path, params, stated)
    return Design(params, found, {name: _of(stated, name) for name in found})


def remarks(design: Design) -> Iterator[str]:
    """Yield what may surprise: the score of a trial is of the epoch that train keeps."""
    kept = sections.stated(PARAMS)["train"]["best"]
    if design.params.aim in CURVES and design.params.aim != f"val_{kept}":
        yield (
            f"search.aim is {design.params.aim}, and train.best is {kept}: the score of a trial is "
            f"{design.params.aim} of the epoch of the best {kept}, not the best {design.params.aim}"
        )


def _require_on_val(path: Path, params: Search, stated: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse an aim that is of the test split, or a pruning without a curve.

    Raises:
        UserError: it is one.
    """
    if params.aim in CURVES:
        return
    if (split := stated.get("evaluate", {}).get("split")) != "val":
        raise UserError(
            f"{path}: search.aim is {params.aim}, which metrics/evaluate.json has of {split}: who "
            "chooses by test has no test any more; take val_accuracy or val_loss, or set "
            "evaluate.split to val in params.yaml"
        )
    if params.prune != "none":
        raise UserError(
            f"{path}: search.prune is {params.prune}, and {params.aim} has no curve to prune by; "
            f"set it to none, or take {' or '.join(CURVES)} as search.aim"
        )


def _of(stated: Mapping[str, Mapping[str, Any]], name: str) -> Any:  # noqa: ANN401
    section, _, key = name.partition(".")
    return stated[section][key]
