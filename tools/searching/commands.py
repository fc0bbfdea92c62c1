"""What `reprise search`, `reprise search-apply` and `reprise search-board` do."""

import argparse
import os
import sys

from reprise.escaping import printable
from reprise.standing import shown
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


def search(given: argparse.Namespace) -> None:
    """Carry out the trials that are left, and write what all came to.

    Raises:
        UserError: this is Windows.
    """
    if not hasattr(os, "killpg"):
        raise UserError(
            "reprise search ends trials by their group of processes, which Windows lacks: run it "
            "in WSL (docs/platforms.md)"
        )
    wanted = design.load(given.file or design.PATH)
    begun, at = begin(wanted, given.storage)
    say(*map(printable, [*design.remarks(wanted), *drawing.outside(wanted)]))
    remote = Remote(given.push)
    if at.left():
        Crew(at, begun, remote.send).work(given.jobs)
        remote.finish()
    found = upshot.found(at)
    comparison, lacking = upshot.compared(found, remote.bring)
    say(*logbook.replaced(found))
    page = shown(logbook.write(found, comparison))
    say(*logbook.told(found, comparison, width_of(sys.stdout) or WIDTH), *lacking, f"Open {page}.")


def apply(given: argparse.Namespace) -> None:
    """Set the parameters of the best trial in params.yaml.

    Raises:
        UserError: no trial has succeeded.
    """
    wanted = design.load(given.file or design.PATH)
    storage.require_there(storage.address(given.storage))
    _, at = begin(wanted, given.storage)
    best = study.best(at.trials(), wanted)
    if best is None:
        former = logbook.former()
        other = f"; `dvc exp apply {former}-trial0` goes back to what {former} began from"
        hint = other if former not in {"", at.study.study_name} else ""
        raise UserError(
            f"no trial of {at.study.study_name}, the study of params.yaml and search.yaml as they "
            f"are, has succeeded yet; run `reprise search`{hint}"
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
