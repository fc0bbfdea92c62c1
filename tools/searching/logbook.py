"""Write the results of a search as files and as text for a terminal."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from reprise.escaping import cell, printable
from stages import files
from stages.pages.template import written
from tools.searching.contrast import Comparison, plain, verdict_lines, warnings
from tools.searching.ranking import counts, drawn, parameters, values
from tools.searching.record import Found
from tools.searching.search_page import render
from tools.searching.shortening import cut, score_text
from tools.searching.trial_table import WIDTH, trial_table

FOLDER, NUMBERS = Path("metrics"), "search.json"


def told(found: Found, comparison: Comparison | None = None, width: int = WIDTH) -> Iterator[str]:
    """Yield a table of the trials, the best with its settings, and what that means."""
    yield from trial_table(found, width)
    yield from _reasons(found)
    states = ", ".join(f"{count} {state}" for state, count in counts(found).items() if count)
    yield f"\nstudy {printable(found.name)}, trials: {states or 'none'}"
    for name, trial in (("best", found.best), ("default", found.default)):
        if trial is not None:
            of = f", experiment {printable(trial.experiment)}" if trial.experiment else ""
            scored = f"{printable(found.aim)} {score_text(trial.score)}"
            yield f"{name}: trial {trial.number}, {scored}{of}"
            if name == "best":
                for setting, value in trial.settings.items():
                    yield f"  {printable(setting)}: {printable(written(value))}"
    if comparison is not None:
        yield from verdict_lines(comparison)
    yield plain(found, comparison)
    yield from warnings(found, comparison)


def write(found: Found, comparison: Comparison | None = None, root: Path = FOLDER) -> Path:
    """Write the numbers, the table and the page; return the path of the page.

    Without the numbers, the other files are not of one search: they go first, and come last.
    """
    folder, numbers, names = root / "search", root / NUMBERS, parameters(found)
    header = ("number", "state", "score", "epochs", "experiment", *map(cell, names), "reason")
    files.remove(numbers)
    files.write_csv(folder / "trials.csv", header, _rows(found, names))
    with files.replacing(folder / "report.html") as partial:
        partial.write_text(render(found, comparison), encoding="utf-8", newline="\n")
    files.write_json(numbers, _numbers(found))
    return folder / "report.html"


def replaced(found: Found, root: Path = FOLDER) -> Iterator[str]:
    """Yield a line where the files that are there are of another study."""
    if (name := former(root)) not in {"", found.name}:
        yield (
            f"{root / NUMBERS}: was of {name}, another study, and is replaced; after "
            f"`dvc exp apply {name}-trial0`, `reprise search` writes it again"
        )


def former(root: Path = FOLDER) -> str:
    """Return the study whose results are there, or nothing."""
    try:
        name = json.loads((root / NUMBERS).read_text(encoding="utf-8"))["study"]
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    return printable(str(name))


def _reasons(found: Found) -> Iterator[str]:
    """Yield why trials failed, each reason once."""
    failed = defaultdict[str, list[str]](list)
    for trial in found.trials:
        if trial.state == "failed":
            failed[trial.reason].append(str(trial.number))
    for reason, numbers in failed.items():
        yield f"  failed, trial {cut(', '.join(numbers), 20)}: {printable(reason) or 'no reason'}"


def _rows(found: Found, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for trial in found.trials:
        known = values(found, trial)
        texts = [written(known[name]) if name in known else "" for name in names]
        score = "" if trial.score is None else trial.score
        head = (trial.number, trial.state, score, len(trial.curve), trial.experiment)
        yield *head, *texts, trial.reason


def _numbers(found: Found) -> dict[str, object]:
    scores = {
        f"{name}_score": None if trial is None else _rounded(drawn(trial))
        for name, trial in (("best", found.best), ("default", found.default))
    }
    best = {} if found.best is None else {"best": dict(found.best.settings)}
    size = {"study": found.name, "trials": len(found.trials)}
    return {**size, **counts(found), **scores, **best}


def _rounded(score: float | None) -> float | None:
    return score if score is None else round(score, 6)
