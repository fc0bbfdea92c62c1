"""Measure this project side by side with the usual way: docs/measured.md, and its source.

    make bench DATA=~/data          # = python -m benchmarks --data ~/data; half an hour on 2 cores
    python -m benchmarks --only digits killing

What each part came to is written at once: killed, the same command goes on with the parts that are
left. A part that fails is told with its reason, and the others go on; the exit code is then 1.
"""

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import killing, preprocess, recipes, repeating
from benchmarks.measuring import conditions, datasets, unmeasured
from benchmarks.measuring.session import Measure, Session
from benchmarks.measuring.task import Task
from benchmarks.tuning import photographs
from stages import errors
from stages.errors import UserError

DATA = "BENCH_DATA"  # variable of the environment
STOPPED = "stopped; the same command goes on with the parts that are left"
OUT, TRIAL = Path("docs"), Path("runs/bench")


def parts() -> dict[str, Measure]:
    """Return all parts by name, in the order in which they are carried out."""
    return {
        **recipes.parts(),
        **photographs.parts(),
        **preprocess.parts(),
        **repeating.parts(),
        **killing.parts(),
        **unmeasured.parts(),
    }


def main() -> None:
    """Carry out the parts."""
    asked, known = arguments(), parts()
    conditions.usual_threads()
    out = asked.out or (TRIAL if asked.quick else OUT)
    session = Session(known, conditions.here(quick=asked.quick), out)
    names = session.begin(asked.only)
    with TemporaryDirectory(prefix="reprise-bench-") as scratch:
        folder = Path(asked.data).expanduser().resolve() if asked.data else None
        task = Task(folder, Path(scratch), asked.quick, lambda line: print(line, flush=True))
        try:
            failed = session.run(names, task)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(STOPPED) from None
    print(f"{out / 'measured.md'} has it; `make figures` fills in the documents")
    if failed:
        raise UserError(f"failed: {', '.join(failed)}; {out / 'measured.md'} says why")


def arguments() -> argparse.Namespace:
    """Return what the command is asked to do.

    Raises:
        UserError: there is no such folder of data.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=(__doc__ or "") + (datasets.__doc__ or ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", default=os.environ.get(DATA), help=f"folder of data sets, else ${DATA}"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help=", ".join(parts()))
    parser.add_argument("--quick", action="store_true", help=f"a trial of seconds, into {TRIAL}")
    parser.add_argument("--out", type=Path, help=f"folder of measured.md and .json, else {OUT}")
    asked = parser.parse_args()
    if asked.data and not Path(asked.data).expanduser().is_dir():
        raise UserError(f"--data or ${DATA} is {asked.data}, but there is no such folder")
    return asked


if __name__ == "__main__":
    errors.run(main)
