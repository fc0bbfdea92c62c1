"""List experiments: `make experiments`.

Of each its scores, and the parameters in which they differ, newest first; as many columns side by
side as the terminal has room for. Options go to `dvc exp show`: ARGS=--all-commits, ARGS='-n 5'.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any

from stages import errors
from stages.errors import UserError
from stages.progress import width_of
from tools.listing.blocks import blocks
from tools.listing.differing import rows, table
from tools.provenance.clone import file_at

COMMAND = ("dvc", "exp", "show", "--json")


def told(options: Sequence[str]) -> list[dict[str, Any]]:
    """Return what DVC tells of commits and experiments.

    Raises:
        UserError: it tells nothing, for the reason above or for an option of another format.
    """
    done = subprocess.run([*COMMAND, *options], stdout=subprocess.PIPE, check=False)  # noqa: S603
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout) if not done.returncode else []
    except ValueError:
        found = []
    if not found:
        raise UserError(
            f"`{' '.join([*COMMAND, *options])}` told nothing; the repository needs a commit, and "
            "of its options, only those that choose experiments may be given here, as --all-commits"
        )
    return found


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(
        prog="python -m tools.experiments",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    _, options = parser.parse_known_args()
    found = [*rows(told(options), lambda rev: file_at(rev, "dvc.lock"))]
    stated = os.environ.get("COLUMNS", "")
    width = width_of(sys.stdout) or (int(stated) if stated.isdecimal() else 0)
    print(*blocks(table(found), width), sep="\n")
    if len(found) == 1:
        print(
            "no experiment began at this commit; `dvc exp run -S train.lr=0.001` makes one, and "
            "ARGS=--all-commits lists those of other commits"
        )


if __name__ == "__main__":
    errors.run(main)
