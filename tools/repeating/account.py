"""Tell what all runs say together, as text for a terminal and as files."""

from collections.abc import Iterator
from pathlib import Path

from reprise.escaping import printable
from stages import files
from stages.artifacts import predictions
from stages.artifacts.predictions import Predictions
from tools.comparing.verdict import aligned
from tools.repeating.overall import BOUNDS, ClassSpread, Overall
from tools.repeating.overview import render

FOLDER = Path("metrics")
ROWS = {"folds": "folds.csv", "repeat": "runs.csv"}  # a row a run
HEADER = ("run", "experiment", "images", *BOUNDS)


def told(overall: Overall) -> Iterator[str]:
    """Yield a table of the runs, the spread of each score, and what that means."""
    rows = [
        (row[0], str(row[2]), *(f"{score:.4f}" for score in row[3:]), row[1])
        for row in _rows(overall)
    ]
    yield from aligned(("run", "images", *BOUNDS, "experiment"), rows)
    yield ""
    for name, found in overall.spreads.items():
        yield (
            f"{name:8}  {found.mean:.4f} ± {found.sd:.4f}, 95 % interval of the mean "
            f"{found.low:.4f} to {found.high:.4f}"
        )
    if overall.baseline is not None:
        answer = "the most frequent class of train"
        yield f"accuracy of always answering {answer}: {overall.baseline:.4f}"
    yield meaning(overall)
    if both := overall.pooled:
        yield (
            f"out of fold, all {both.images} images: accuracy {both.accuracy:.4f}, 95 % interval "
            f"{both.accuracy_low:.4f} to {both.accuracy_high:.4f} (Wilson); "
            f"macro_f1 {both.macro_f1:.4f}"
        )


def write(overall: Overall, out_of_fold: Predictions | None = None, root: Path = FOLDER) -> Path:
    """Write the scores, the tables, the page and the predictions; return the path of the page.

    Other files in the folder are the user's, and stay. Without the scores, the files beside them
    are not all of one command: they go first, and come last.
    """
    folder, numbers = root / overall.command, root / f"{overall.command}.json"
    files.remove(numbers)
    files.write_csv(folder / ROWS[overall.command], HEADER, _rows(overall))
    files.write_csv(folder / "classes.csv", ClassSpread._fields, overall.classes)
    with files.replacing(folder / "report.html") as partial:
        partial.write_text(render(overall, meaning(overall)), encoding="utf-8", newline="\n")
    if out_of_fold is not None:
        predictions.write(out_of_fold, folder / predictions.PATH.name)
    pooled = {"out_of_fold": overall.pooled._asdict()} if overall.pooled else {}
    spreads = {name: found._asdict() for name, found in overall.spreads.items()}
    own = {"runs": len(overall.runs), "settings": [*overall.settings]}
    files.write_metrics(numbers, {**own, **spreads, **pooled})
    return folder / "report.html"


def meaning(overall: Overall) -> str:
    """Say what the figures are of, and what they leave out."""
    split = overall.runs[0].split
    if overall.overlap:
        return (
            "± is the standard deviation of a run. Runs share most of the images that they learn "
            "from, so their mean is less sure than that of independent runs: the interval "
            f"(Student's t) has the corrected variance 1/{len(overall.runs)} + "
            f"{overall.overlap:.3g} (Nadeau & Bengio 2003), and is approximate."
        )
    return (
        "± is the standard deviation of a run. The interval (Student's t) is of the mean over all "
        f"seeds on these images of {split}; how far other images would change it, it does not say: "
        "ci_low and ci_high of metrics/evaluate.json do, or a cross-validation, reprise folds 5."
    )


def _rows(overall: Overall) -> Iterator[tuple[str, str, int, float, float, float]]:
    for run in overall.runs:
        accuracy, macro_f1, loss = (run.scores[name] for name in BOUNDS)
        images = len(run.predictions.paths)
        yield printable(run.label), run.experiment, images, accuracy, macro_f1, loss
