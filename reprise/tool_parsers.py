"""The command lines of the tools: here, where help and completion need no repository."""

from collections.abc import Callable
from typing import Any

from reprise.arguments import whole
from reprise.command_parser import CommandParser
from reprise.command_table import COMMANDS
from reprise.standing import reached

Add = Callable[..., Any]  # `add_argument` of a parser
RUNS, TRIALS = 1000, 256  # at most
REVISION = "Git revision, experiment, or workspace"


def parser(name: str, description: str | None = None) -> CommandParser:
    """Return the parser of a tool, by its name among the commands."""
    does = COMMANDS[name].does
    made = CommandParser(f"reprise {name}", description or f"{does[0].upper()}{does[1:]}.")
    ARGUMENTS[name](made.add_argument)
    return made


def _recipe(add: Add) -> None:
    add("name", nargs="?", help="a file in recipes/, without .yaml; none lists them")


def _find_lr(add: Add) -> None:
    add("--low", type=float, default=1e-7, help="first learning rate (%(default)s)")
    add("--high", type=float, default=10.0, help="last learning rate (%(default)s)")
    add("--steps", type=int, default=300, metavar="N", help="steps between them (%(default)s)")


def _experiments(add: Add) -> None:
    add("-A", "--all-commits", action="store_true", help="of all commits that have any")
    add("--sort", choices=["accuracy", "macro_f1", "loss"], help="best first (newest first)")


def _compare(add: Add) -> None:
    add("a", metavar="A", help=REVISION)
    add("b", metavar="B", help=REVISION)
    add("--out", type=reached, metavar="FILE", help="CSV file for all images that changed")


def _repeat(add: Add) -> None:
    _runs(add, "N")
    add("--splits", action="store_true", help="split the images anew, too")


def _folds(add: Add) -> None:
    _runs(add, "K")


def _runs(add: Add, count: str) -> None:
    add("count", type=whole(1, RUNS), metavar=count, help="number of runs, 2 or more")
    what = "set a parameter in every run, as `dvc exp run` does; may be given several times"
    add("-S", dest="settings", action="append", default=[], metavar="train.lr=0.01", help=what)
    what = "runs at once (1); each takes train.threads cores"
    add("--jobs", type=whole(1, RUNS), default=1, metavar="N", help=what)


def _search(add: Add) -> None:
    _study(add)
    what = "trials at once (1); each has a GPU"
    add("--jobs", type=whole(1, TRIALS), default=1, metavar="N", help=what)
    what = "send each experiment to this Git remote, and DVC's"
    add("--push", metavar="REMOTE", help=what)


def _study(add: Add) -> None:
    add("--file", type=reached, metavar="FILE", help="instead of search.yaml")
    _storage(add)


def _storage(add: Add) -> None:
    what = (
        "address of a database that several machines share, as "
        "postgresql://user@host/database; also by the variable OPTUNA_STORAGE"
    )
    add("--storage", metavar="ADDRESS", help=what)


def _board(add: Add) -> None:
    add("--port", type=whole(0, 65535), metavar="N", help="where to listen (6006)")
    add("--host", help="address to listen at (this machine alone)")


def _plots(add: Add) -> None:
    what = "Git revisions, experiments, or workspace, to be drawn together; none: what is here"
    add("revisions", nargs="*", metavar="REVISION", help=what)
    what = "folder of the page (dvc_plots, in the repository)"
    add("--out", type=reached, metavar="FOLDER", help=what)


def _publish(add: Add) -> None:
    add("repository", metavar="OWNER/NAME", help="the model on the hub")
    add("--private", action="store_true", help="for its owner's eyes alone")
    add("--dry-run", action="store_true", help="write it to runs/publish, send nothing")


def _none(_: Add) -> None:
    """Add nothing: the command takes no options."""


def _relock(add: Add) -> None:
    add("stages", nargs="*", metavar="STAGE", help="all, if none is named")
    what = "run the stages in a clone, and compare the bytes"
    add("--verify", action="store_true", help=what)
    add("--dry-run", action="store_true", help="record nothing")


def _verify(add: Add) -> None:
    what = "what to start from; raw: the cached images, without downloading (%(default)s)"
    add("start", nargs="?", choices=["sources", "raw"], default="sources", help=what)


def _verify_cache(add: Add) -> None:
    what = "delete damaged objects, and the files linked to them"
    add("--remove", action="store_true", help=what)


ARGUMENTS: dict[str, Callable[[Add], None]] = {
    "recipe": _recipe,
    "find-lr": _find_lr,
    "experiments": _experiments,
    "compare": _compare,
    "repeat": _repeat,
    "folds": _folds,
    "search": _search,
    "search-apply": _study,
    "search-board": _storage,
    "board": _board,
    "plots": _plots,
    "publish": _publish,
    "check": _none,
    "relock": _relock,
    "verify": _verify,
    "verify-cache": _verify_cache,
    "versions": _none,
}
