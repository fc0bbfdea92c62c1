"""Let ways of training take turns, each in a process of its own, and tell what each came to."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from benchmarks.measuring.figure import Figure
from benchmarks.measuring.task import ROOT, importing, last
from benchmarks.racing.entrant import Job

OURS, USUAL = "ours", "usual"
NAMES = {OURS: "ours", USUAL: "the usual loop", "fastai": "fastai's"}


class Plan(NamedTuple):
    """Epochs, turns and seeds of a comparison."""

    rounds: int  # turns of each in a training
    seeds: int  # trainings of each


class Results(NamedTuple):
    """The results: images a second of each turn, and accuracy on test of each seed."""

    rates: Mapping[str, Sequence[float]]
    accuracies: Mapping[str, Sequence[float]]


class Entrant:
    """The process of one way."""

    def __init__(self, process: "subprocess.Popen[str]", said: IO[str]) -> None:
        """Take a process that waits to be asked, and the file to which it says what goes wrong."""
        self._process, self._said = process, said

    def ask(self, order: Mapping[str, object]) -> dict[str, float]:
        """Ask, and return the answer.

        Raises:
            RuntimeError: the process has ended.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        print(json.dumps(order), file=self._process.stdin, flush=True)
        if not (line := self._process.stdout.readline()):
            code = self._process.wait()
            self._said.seek(0)
            raise RuntimeError(f"a way of training ended with {code}: {last(self._said.read())}")
        answer: dict[str, float] = json.loads(line)
        return answer


@contextmanager
def started(job: Job, python: str) -> Iterator[Entrant]:
    """Start a way, and end it."""
    command = [python, "-W", "ignore", "-m", "benchmarks.racing.entrant"]
    with (
        TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=importing(),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        ) as process,
    ):
        entrant = Entrant(process, said)
        try:
            entrant.ask({"job": job._asdict()})
            yield entrant
        finally:
            process.kill()


def race(
    jobs: Mapping[str, Job], plan: Plan, pythons: Mapping[str, str], say: Callable[[str], None]
) -> Results:
    """Train every way to the end for each seed; they take turns.

    `pythons` are the interpreters of the ways that have one of their own.
    """
    rates, accuracies = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for seed in range(plan.seeds):
        with ExitStack() as stack:
            entrants = {
                way: stack.enter_context(
                    started(job._replace(seed=seed), pythons.get(way, sys.executable))
                )
                for way, job in jobs.items()
            }
            for turn in range(1, plan.rounds + 1):
                for way, entrant in entrants.items():
                    done = entrant.ask({"until": turn / plan.rounds})
                    rates[way].append(done["images"] / done["seconds"])
                say(told(rates, f"seed {seed}, turn {turn}/{plan.rounds}"))
            for way, entrant in entrants.items():
                accuracies[way].append(entrant.ask({"end": True})["accuracy"])
    return Results(rates, accuracies)


def told(rates: Mapping[str, Sequence[float]], heading: str) -> str:
    """Return a line of progress."""
    return f"  {heading}: " + ", ".join(
        f"{NAMES[way]} {values[-1]:,.0f} images/s" for way, values in rates.items()
    )


def figures(results: Results) -> dict[str, Figure]:
    """Return the ratios of ours to each other way, then speeds and accuracies of all."""
    made, ours = dict[str, Figure](), results.rates[OURS]
    for way, rates in results.rates.items():
        if way != OURS:
            ratios = tuple(mine / theirs for mine, theirs in zip(ours, rates, strict=True))
            what = f"ours is so many times as fast as {NAMES[way]}"
            key = "ratio" if way == USUAL else f"{way}_ratio"
            made[key] = Figure(what=what, values=ratios, unit="x", decimals=2)
    for way, rates in results.rates.items():
        what = f"images trained on in a second, {NAMES[way]}"
        made[f"{way}_speed"] = Figure(what=what, values=tuple(rates), unit="images/s", decimals=0)
    for way, scores in results.accuracies.items():
        what = f"accuracy on test, {NAMES[way]}"
        values = tuple(scores)
        made[f"{way}_accuracy"] = Figure(what=what, values=values, decimals=4, center="mean")
    return made
