"""The scores of experiments and the parameters in which they differ, from what DVC tells."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from reprise.escaping import printable
from stages.artifacts import classifier, report
from stages.status_line import figure
from tools.listing.blocks import Column

SCORES = ("accuracy", "macro_f1", "loss")
NONE = "-"
CLASSIFIER = str(classifier.PATH)
SCORED = ("", "success")  # other states have the scores of what they began from


class ExperimentRow(NamedTuple):
    """A commit, or an experiment that began from one."""

    name: str
    state: str  # empty, or as DVC calls it: queued, running, failed
    scores: Mapping[str, str]
    params: Mapping[str, str]  # by dotted key


def rows(
    told: Sequence[Mapping[str, Any]], lock_of: Callable[[str], bytes | None]
) -> Iterator[ExperimentRow]:
    """Yield commits and, indented, their experiments, of `dvc exp show --json`.

    `lock_of` returns dvc.lock of a revision, None where it has none. An experiment that ran as far
    as train has the scores of the commit that it began from, which are not shown.
    """
    for commit in told:
        if commit["rev"] != "workspace":
            yield _row(commit, commit["name"], "")
        for experiment in commit["experiments"] or ():
            state = (experiment["executor"] or {}).get("state", "")
            found = experiment["revs"][0]
            row = _row(found, found["name"] or experiment["name"], state, indent="  ")
            is_evaluated = not row.scores or evaluates_its_own(lock_of(found["rev"]))
            yield row if is_evaluated else row._replace(scores={})


def evaluates_its_own(lock: bytes | None) -> bool:
    """Tell whether evaluate ran with the classifier that train made, as dvc.lock has it."""
    stages = YAML(typ="safe").load(lock)["stages"] if lock else {}
    made, used = (
        {each["md5"] for each in stages.get(stage, {}).get(part, ()) if each["path"] == CLASSIFIER}
        for stage, part in (("train", "outs"), ("evaluate", "deps"))
    )
    return made == used


def table(found: Sequence[ExperimentRow]) -> list[Column]:
    """Return names, states and scores, and the parameters that are not the same in all rows."""
    columns = [Column("experiment", [row.name for row in found])]
    if any(row.state for row in found):
        columns.append(Column("state", [row.state for row in found]))
    for name in SCORES:
        cells = [row.scores.get(name, NONE) for row in found]
        columns.append(Column(name, cells, is_number=True))
    short = short_names({key for row in found for key in row.params})
    return columns + [
        Column(short[key], [row.params.get(key, NONE) for row in found])
        for key in _differing([row.params for row in found if row.params])
    ]


def short_names(keys: set[str]) -> dict[str, str]:
    """Return each key without its section, where no other section has that name."""
    last = {key: key.rpartition(".")[2] for key in keys}
    times = Counter(last.values())
    return {key: name if times[name] == 1 else key for key, name in last.items()}


def _differing(every: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the keys in the order of params.yaml."""
    keys = dict.fromkeys(key for params in every for key in params)
    return [key for key in keys if len({params.get(key) for params in every}) > 1]


def _row(found: Mapping[str, Any], name: str | None, state: str, indent: str = "") -> ExperimentRow:
    data = found["data"] or {}
    values = _read(data.get("metrics", {}), str(report.SCORES)) if state in SCORED else {}
    numbers = {key: value for key, value in values.items() if isinstance(value, int | float)}
    scores = {key: figure(numbers[key]) for key in SCORES if key in numbers}
    params = {
        printable(key): printable(value if isinstance(value, str) else json.dumps(value))
        for path in data.get("params", {})
        for key, value in _leaves(_read(data["params"], path))
    }
    shown = "failed" if found["error"] and not state else state
    told = "" if shown in SCORED else shown
    return ExperimentRow(f"{indent}{printable(name or found['rev'][:7])}", told, scores, params)


def _read(files: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the values of a file; none where DVC could not read it."""
    values = files.get(path, {}).get("data")
    return values if isinstance(values, dict) else {}


def _leaves(values: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{within}{key}.")
        else:
            yield f"{within}{key}", value
