"""How long a stage or command takes to start, against `import torch` alone.

    python -m benchmarks.starting [ROUNDS]

Timed from the command to its message that params.yaml is missing: Python, imports, the check of the
versions, and the end of the process. What a stage imports later, for what it finds in its data, is
not in it. All take turns in one run, and the median of CPU seconds counts, which other programs
disturb less than those of the clock.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from stages import processor
from stages.sections import stage_names
from stages.versions import PATH, of

ROOT = Path(__file__).parents[1]
ROUNDS = 9
BASE = "import torch"
WAYS = {BASE: (0, ["-c", "import torch"])} | {
    f"{name}": (1, ["-m", name])
    for name in (
        *(f"stages.{stage}" for stage in stage_names()),
        "tools.find_lr",
    )
}


def main() -> None:
    """Print CPU seconds and ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{processor.model()}, {os.cpu_count()} cores, torch {of('torch')}, n = {rounds}")
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / PATH, folder)
        for number in range(rounds + 1):
            for way, (code, command) in WAYS.items():
                seconds = started(Path(folder), command, code)
                if number:  # the first time, files come from the disk
                    times[way].append(seconds)
    base = median(times[BASE])
    for way, values in times.items():
        spread = f"{min(values):.2f} to {max(values):.2f}"
        print(f"{way:<18}{median(values):6.2f} s ({spread}) {median(values) / base:5.2f}x")


def started(folder: Path, command: list[str], code: int) -> float:
    """Return the CPU seconds of a command, which must end with an exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, capture_output=True, check=False, text=True
    )
    if ended.returncode != code or (code and "params.yaml" not in ended.stderr):
        raise RuntimeError(f"{command} ended with {ended.returncode}\n{ended.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
