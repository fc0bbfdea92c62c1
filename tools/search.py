"""Search for good parameters: `make search` tries what search.yaml names.

Each trial is an experiment of DVC that ends with evaluate; finished stages come from the cache, and
a killed search goes on where it was. Writes metrics/search.json and metrics/search/.
`make search-apply` sets the best in params.yaml; `make search-board` opens Optuna's dashboard.
"""

import argparse
import os
import sys
from pathlib import Path

from reprise.escaping import printable
from stages import errors
from stages.address import redacted
from stages.errors import UserError
from stages.params import PATH as PARAMS
from stages.progress import say, width_of
from tools.experimenting.beginning import Beginning, beginning, digest
from tools.params_yaml import merge, read, replace, sectioned, written
from tools.searching import design, drawing, logbook, storage, study, upshot
from tools.searching.crew import Crew
from tools.searching.design import Design
from tools.searching.sharing import Remote
from tools.searching.study import Opened
from tools.searching.trial_table import WIDTH

MOST = 256  # trials at once


def search(given: argparse.Namespace) -> None:
    """Carry out the trials that are left, and write what all came to.

    Raises:
        UserError: this is Windows.
    """
    if not hasattr(os, "killpg"):
        raise UserError(
            "make search ends trials by their group of processes, which Windows lacks: run it in "
            "WSL (docs/platforms.md)"
        )
    wanted = design.load(given.file)
    begun, at = begin(wanted, given.storage)
    say(*map(printable, [*design.remarks(wanted), *drawing.outside(wanted)]))
    remote = Remote(given.push)
    if at.left():
        Crew(at, begun, remote.send).work(given.jobs)
        remote.finish()
    found = upshot.found(at)
    comparison, lacking = upshot.compared(found, remote.bring)
    say(*logbook.replaced(found))
    page = logbook.write(found, comparison)
    say(*logbook.told(found, comparison, width_of(sys.stdout) or WIDTH), *lacking, f"Open {page}.")


def apply(given: argparse.Namespace) -> None:
    """Set the parameters of the best trial in params.yaml.

    Raises:
        UserError: no trial has succeeded.
    """
    wanted = design.load(given.file)
    storage.require_there(storage.address(given.storage))
    _, at = begin(wanted, given.storage)
    best = study.best(at.trials(), wanted)
    if best is None:
        former = logbook.former()
        other = f"; `dvc exp apply {former}-trial0` goes back to what {former} began from"
        hint = other if former not in {"", at.study.study_name} else ""
        raise UserError(
            f"no trial of {at.study.study_name}, the study of params.yaml and search.yaml as they "
            f"are, has succeeded yet; run `make search`{hint}"
        )
    params = read(PARAMS)
    changes = merge(params, sectioned(study.settings(wanted, best)))
    if changes:
        replace(PARAMS, written(params, changes))
    say(*map(str, changes))
    what = "sets these" if changes else f"is {PARAMS} as it stands"
    say(
        f"trial {best.number}, {wanted.params.aim} {best.value:.4f}, {what}; "
        "`dvc repro` takes its training from the cache"
    )


def board(given: argparse.Namespace) -> None:
    """Open the dashboard of Optuna, which takes the place of this process."""
    place = storage.address(given.storage)
    storage.require_there(place)
    storage.opened(place)
    os.execvp("optuna-dashboard", ["optuna-dashboard", place])  # noqa: S606, S607


def begin(wanted: Design, address: str | None) -> tuple[Beginning, Opened]:
    """Open the study of the commit, the workspace and the design; say how far it is."""
    begun, place = beginning([]), storage.address(address)
    at = study.opened(storage.opened(place), wanted, digest(begun, wanted.identity()))
    ended = sum(trial.state in study.ENDED for trial in at.trials())
    say(
        f"study {at.study.study_name}: {ended} of {wanted.params.trials} trials have ended; "
        f"kept in {redacted(place)}"
    )
    return begun, at


def jobs(text: str) -> int:
    """Return a number of trials at once.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST}, is {text!r}")
    return int(text)


def main() -> None:
    """Run, apply or show a search."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = {"run": search, "apply": apply, "board": board}
    parser.add_argument("command", nargs="?", default="run", choices=commands)
    parser.add_argument("--file", type=Path, default=design.PATH, help="instead of search.yaml")
    parser.add_argument("--jobs", type=jobs, default=1, help="trials at once; each has a GPU")
    parser.add_argument(
        "--storage",
        help="address of a database that several machines share, as "
        "postgresql://user@host/database; also by the variable OPTUNA_STORAGE",
    )
    parser.add_argument(
        "--push", metavar="REMOTE", help="send each experiment to this Git remote, and DVC's"
    )
    given = parser.parse_args()
    commands[given.command](given)


if __name__ == "__main__":
    errors.run(main)
