"""Search for good parameters: `make search` tries what search.yaml names.

Each trial is an experiment of DVC that ends with evaluate; finished stages come from the cache, and
a killed search goes on where it was. Writes metrics/search.json and metrics/search/.
`make search-apply` sets the best in params.yaml, `make search-board` opens Optuna's dashboard.
"""

import argparse
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from reprise.escaping import printable
from stages import errors
from stages.address import redacted
from stages.errors import UserError
from stages.params import PATH as PARAMS
from tools.experimenting.beginning import beginning, digest
from tools.params_yaml import merge, read, replace, written
from tools.searching import design, sampling, storage, study
from tools.searching.crew import Crew
from tools.searching.sharing import Sender
from tools.searching.study import Opened

MOST = 256  # trials at once


def search(given: argparse.Namespace) -> None:
    """Carry out the trials that are left, and write what all came to."""
    wanted = design.load(given.file)
    print(*map(printable, sampling.outside(wanted)), sep="\n", end="")
    begun, at = begin(wanted, given.storage)
    sender = Sender(given.push)
    Crew(at, begun, sender.send).work(given.jobs)
    sender.finish()
    # what it came to


def apply(given: argparse.Namespace) -> None:
    """Set the parameters of the best trial in params.yaml."""
    wanted = design.load(given.file)
    ...


def board(given: argparse.Namespace) -> None:
    """Open the dashboard of Optuna."""
    place = storage.address(given.storage)
    os.execvp("optuna-dashboard", ["optuna-dashboard", place, *given.rest])
