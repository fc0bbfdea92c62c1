"""What DVC takes for a set of small images: packed as data/raw, against a folder of files.

    python -m benchmarks.versioning cifar10_images.zip

Both are tracked with `dvc add` in a repository of their own, with this project's cache settings.
Timed: `dvc status` when nothing changed, `dvc checkout` after the data was deleted, and `dvc push`
to a new local remote. Disk: what data and cache take together, by `du`. Both take turns, n = 3, and
the median counts.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from zipfile import ZipFile

from benchmarks.preprocess import pack

ROOT = Path(__file__).parents[1]
ROUNDS = 3


def main() -> None:
    """Print seconds and ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ZipFile(sys.argv[1]).extractall(folder / "images")
        pack(folder / "images", folder / "raw")
        ways = {way: repository(folder, way) for way in ("images", "raw")}
        table: dict[str, dict[str, list[float]]] = {}
        for _ in range(ROUNDS):
            for way, place in ways.items():
                for step, seconds in measure(place).items():
                    table.setdefault(step, {}).setdefault(way, []).append(seconds)
    for step, values in table.items():
        files, packed = median(values["images"]), median(values["raw"])
        print(f"{step:<9} files {files:9.2f}   packed {packed:9.2f}   {files / packed:6.1f}x")


def repository(folder: Path, way: str) -> Path:
    """Track the data in a new repository."""
    place = folder / f"{way}.repository"
    place.mkdir()
    run(place, "git", "init", "-q")
    run(place, "dvc", "init", "-q")
    shutil.copy(ROOT / ".dvc" / "config", place / ".dvc" / "config")
    shutil.move(folder / way, place / "data")
    run(place, "dvc", "add", "-q", "data")
    return place


def measure(place: Path) -> dict[str, float]:
    """Return seconds a step, and megabytes on the disk."""
    remote = place / "remote"
    shutil.rmtree(remote, ignore_errors=True)
    run(place, "dvc", "remote", "add", "-q", "-f", "-d", "remote", str(remote))
    times = {"no-op, s": run(place, "dvc", "status", "-q")}
    shutil.rmtree(place / "data")
    times["checkout, s"] = run(place, "dvc", "checkout", "-q")
    times["push, s"] = run(place, "dvc", "push", "-q")
    used = subprocess.check_output(["du", "-sm", "data", ".dvc/cache"], cwd=place, text=True)
    return times | {"disk, MB": sum(float(line.split()[0]) for line in used.splitlines())}


def run(place: Path, *command: str) -> float:
    """Return the seconds that a command takes."""
    start = time.perf_counter()
    env = os.environ | {"DVC_SITE_CACHE_DIR": str(place / ".site")}
    subprocess.run(command, cwd=place, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
