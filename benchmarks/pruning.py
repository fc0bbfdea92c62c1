"""What pruning a search saves: core-seconds with and without, of the same trials.

    python -m benchmarks.pruning 5 20      # 5 studies of 20 trials
    python -m benchmarks.pruning 4 20 1    # those of the seeds 1 to 4

Run it in a clone in which `dvc repro preprocess` has run, and whose cache is its own. Each study is
of another seed, and is carried out twice, in copies of the clone: with `prune: none`, and with
`prune: median`. The sampler is `random`, so that both try the same parameters: the best score is
the same unless the best was pruned. Core-seconds are of all processes of the search, those that
start DVC and the stages included.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tools.params_yaml import merge, read, written
from tools.searching.design import PATH

WAYS = ("none", "median")


class Study(NamedTuple):
    """What a study came to."""

    core_seconds: float
    pruned: int  # trials
    best: float


def main() -> None:
    """Print both ways beside each other, study by study, and their means."""
    seeds, trials, first = map(int, [*sys.argv[1:], "0"][:3])
    found: dict[str, list[Study]] = {way: [] for way in WAYS}
    for seed in range(first, first + seeds):
        for way, studies in found.items():
            studies.append(carry_out(way, seed, trials))
        told = (
            f"{way} {s[-1].core_seconds:.0f} s, best {s[-1].best:.6f}" for way, s in found.items()
        )
        print(f"seed {seed}: {'; '.join(told)}; pruned {found['median'][-1].pruned}", flush=True)
    same = sum(a.best == b.best for a, b in zip(*found.values(), strict=True))
    print(f"n = {seeds} studies of {trials} trials; the same best score in {same} of them")
    for way, studies in found.items():
        spent = [one.core_seconds for one in studies]
        print(f"{way:<8}{mean(spent):.0f} ± {stdev(spent) if seeds > 1 else 0:.0f} core-seconds")
    ratios = [b.core_seconds / a.core_seconds for a, b in zip(*found.values(), strict=True)]
    print(f"median / none: {mean(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def carry_out(way: str, seed: int, trials: int) -> Study:
    """Carry out a study in a copy of this clone."""
    with TemporaryDirectory() as folder:
        root = Path(folder, "clone")
        shutil.copytree(Path.cwd(), root, symlinks=True)
        params = read(root / PATH)
        own = {"seed": seed, "trials": trials, "prune": way, "sampler": "random"}
        text = written(params, merge(params, {"search": own}))
        (root / PATH).write_text(text, encoding="utf-8")
        before = _spent()
        with (root / "search.log").open("w") as log:
            done = subprocess.run(
                [sys.executable, "-m", "tools.search"],
                cwd=root,
                env=os.environ | {"PYTHONPATH": str(root)},
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            sys.exit((root / "search.log").read_text(encoding="utf-8"))
        told = json.loads((root / "metrics/search.json").read_text(encoding="utf-8"))
        return Study(_spent() - before, told["pruned"], told["best_score"])


def _spent() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
