"""List experiments: `reprise experiments`.

Of each its scores, and the parameters in which they differ, newest first or, with --sort, the best
first; as many columns side by side as the terminal has room for. Other options go to
`dvc exp show`, as `reprise experiments -n 5`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from reprise.tool_parsers import parser
from stages import errors
from stages.errors import UserError
from stages.progress import width_of, wrapped
from tools.listing.blocks import blocks
from tools.listing.differing import rows, table
from tools.listing.ordering import heading, ordered
from tools.provenance.clone import file_at, output

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


def begun_from() -> list[str]:
    """Return the commits from which experiments began: DVC keeps each as refs/exps/ab/cdef.../name.

    Of a long history, `dvc exp show --all-commits` would read every commit, a second for six.
    """
    names = output("git", "for-each-ref", "--format=%(refname)", "refs/exps").splitlines()
    found = (re.match(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38})/", name) for name in names)
    return sorted({one[1] + one[2] for one in found if one})


def main() -> None:
    """Print the table."""
    given, options = parser("experiments", __doc__).read_some()
    commits = ["HEAD", *begun_from()] if given.all_commits else []
    options += [f"--rev={commit}" for commit in commits]
    found = ordered(rows(told(options), lambda rev: file_at(rev, "dvc.lock")), given.sort)
    stated = os.environ.get("COLUMNS", "")
    width = width_of(sys.stdout) or (int(stated) if stated.isdecimal() else 0)
    head = heading(found, given.sort)
    print(wrapped(head, width) if width else head, "", *blocks(table(found), width), sep="\n")
    if len(found) == 1:
        where = "any" if given.all_commits else "this"
        print(f"no experiment began at {where} commit; `dvc exp run -S train.lr=0.001` makes one")
        if not given.all_commits:
            print("`reprise experiments --all-commits` lists those of other commits")


if __name__ == "__main__":
    errors.run(main)
