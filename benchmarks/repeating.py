"""Measure a further run of the pipeline: with nothing changed, a late change, another train.lr.

Of the digits, in a repository of its own with a cache of its own. In each round all are measured
one after the other; a changed parameter has a value that it never had, so that nothing comes from
the run cache; going back to the values before does. The usual way to run again is a script that
does all of it: the six stages one after the other, without DVC.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping

from benchmarks.measuring.figure import Figure
from benchmarks.measuring.repository import Repository
from benchmarks.measuring.session import Measure
from benchmarks.measuring.task import Findings, Task
from stages.sections import stage_names

ROUNDS = 3
RATE = 0.005  # of params.yaml
WHAT = {
    "whole": "`dvc repro` of everything",
    "script": "the six stages one after the other, without DVC: the usual way",
    "noop": "`dvc repro` with nothing changed",
    "evaluate": "`dvc repro` after a change of evaluate.abstain_target",
    "export": "`dvc repro` after a change of export.version",
    "lr": "`dvc repro` after a change of train.lr",
    "back": "`dvc repro` after going back to all values before",
}
SHORT = {
    "noop": "with nothing changed",
    "evaluate": "after a change of an evaluate parameter",
    "export": "after a change of an export parameter",
    "lr": "after a change of train.lr",
    "back": "after going back",
}


def measure(task: Task) -> Findings:
    """Measure all of it."""
    at, seconds = Repository(task, "repeating"), defaultdict[str, list[float]](list)
    if task.quick:
        at.set("train", epochs=2)
    for number in range(1, task.chosen(ROUNDS, 1) + 1):
        for name, step in steps(at, number).items():
            seconds[name].append(step())
        said = ", ".join(f"{name} {values[-1]:.1f} s" for name, values in seconds.items())
        task.say(f"  round {number}: {said}")
    return Findings(figures(seconds), ["the digits of params.yaml as it comes"])


def steps(at: Repository, number: int) -> dict[str, Callable[[], float]]:
    """Return what is done in a round, in that order; each tells its seconds."""

    def repro(*arguments: str) -> float:
        return at.dvc("repro", *arguments)[1].seconds

    def changed(section: str, **values: object) -> float:
        at.set(section, **values)
        return repro()

    def back() -> float:
        at.set("evaluate", abstain_target=0.95)
        at.set("export", version="1.0.0")
        at.set("train", lr=RATE)
        return repro()

    return {
        "whole": lambda: repro("--force"),
        "script": lambda: sum(at.stage(name).seconds for name in stage_names()),
        "noop": repro,
        "evaluate": lambda: changed("evaluate", abstain_target=0.9 + number / 1000),
        "export": lambda: changed("export", version=f"1.0.{number}"),
        "lr": lambda: changed("train", lr=RATE + number / 10_000),
        "back": back,
    }


def figures(seconds: Mapping[str, list[float]]) -> dict[str, Figure]:
    """Return how many times faster each is than the script, then the seconds of all."""
    made = dict[str, Figure]()
    for name, short in SHORT.items():
        pairs = zip(seconds["script"], seconds[name], strict=True)
        ratios = tuple(script / mine for script, mine in pairs)
        what = f"`dvc repro` {short} is so many times as fast as the usual way"
        made[f"{name}_ratio"] = Figure(what=what, values=ratios, unit="x", decimals=1)
    for name, what in WHAT.items():
        values = tuple(seconds[name])
        made[f"{name}_seconds"] = Figure(what=what, values=values, unit="s", decimals=1)
    return made


def parts() -> dict[str, Measure]:
    """Return the part of `make bench` that this is."""
    return {"repeating": measure}
