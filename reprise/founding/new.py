"""`reprise new FOLDER`: a repository of one's own, with Reprise's code and without its digits.

It needs Python and Git alone: nothing has to be installed. Branch `vendor` holds Reprise's files
as they are, branch `main` what you answer and what you change, so that `reprise upgrade` can merge
a newer Reprise.
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from reprise.command_parser import CommandParser
from reprise.escaping import printable
from reprise.founding import asking, fast_import, next_steps, pristine, upstream, vendor_branch
from reprise.founding.answers import PARAMS, Choices, changed
from reprise.founding.fast_import import Parent
from reprise.founding.interruption import orderly
from reprise.founding.plumbing import FoundingError, Git, whole_path
from reprise.founding.upstream import Upstream
from reprise.streams import PrintingError, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the repository, and return the exit code."""
    options = parser().read(arguments)
    try:
        target = _target(options.folder)
        with orderly(), upstream.opened(options.source, options.rev) as origin:
            _require_apart(target, origin)
            files = pristine.files(origin)
            given = asking.answers(options, target.name, files)
            say("\n".join(next_steps.taken(origin, options.rev)))
            found(target, origin, given)
        params = (target / PARAMS).read_text("utf-8")
        say("\n".join(next_steps.after(options.folder, given, params)))
    except (FoundingError, PrintingError) as error:
        print(f"reprise new: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> CommandParser:
    """Return the parser of the command."""
    made = CommandParser("reprise new", __doc__)
    made.add_argument("folder", metavar="FOLDER", help="is made; ../mine")
    made.add_argument(
        "--images", metavar="IMAGES", help="folder, archive, table or address of your images"
    )
    made.add_argument("--recipe", help=f"what to begin with ({asking.DEFAULT})")
    made.add_argument(
        "-S", dest="set", action="append", default=[], metavar="section.key=value",
        help="set a parameter; may be given several times",
    )  # fmt: skip
    made.add_argument(
        "--remote", metavar="URL", help="where DVC keeps results for others (a folder of yours)"
    )
    made.add_argument("--yes", action="store_true", help="ask nothing; take the defaults")
    upstream.add_options(made, "the clone this runs in; needed where it is installed as a package")
    return made


def found(target: Path, origin: Upstream, given: Choices) -> None:
    """Make the repository beside its place, and move it there whole.

    Raises:
        FoundingError: the folder cannot be made, Git fails, or does not know who commits.
    """
    try:
        beside = Path(mkdtemp(prefix=f".{target.name[:40]}.", suffix=".partial", dir=target.parent))
    except OSError as error:
        raise FoundingError(f"{target.parent}: {error.strerror}; name another place") from error
    try:
        made = beside / target.name
        made.mkdir()
        _fill(Git(made), origin, given)
        if target.exists():
            target.rmdir()  # an empty folder
        made.rename(target)
    except OSError as error:
        raise FoundingError(f"{printable(str(target))}: {error.strerror}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _fill(git: Git, origin: Upstream, given: Choices) -> None:
    """Make both branches, and check `main` out."""
    files = pristine.files(origin)
    git.text("init", "--quiet")
    git.text("symbolic-ref", "HEAD", "refs/heads/main")
    base = vendor_branch.record(git, vendor_branch.REF, origin, (Parent(), files))
    message = f"{given.name}: begin with recipe {given.recipe}\n"
    fast_import.commit(git, "refs/heads/main", message, (Parent(base), changed(files, given)))
    git.text("reset", "--quiet", "--hard")


def _target(folder: str) -> Path:
    """Return where the repository is to be.

    Raises:
        FoundingError: something is there, or what it would be in is not.
    """
    target = whole_path(folder)
    shown = printable(str(target))
    if not target.parent.is_dir():
        raise FoundingError(f"{printable(str(target.parent))} is no folder; make it first")
    if target.exists() and not target.is_dir():
        raise FoundingError(f"{shown} is a file; name a folder that is not there")
    if target.is_dir() and any(target.iterdir()):
        raise FoundingError(f"{shown} is there, and is not empty; name another folder")
    return target


def _require_apart(target: Path, origin: Upstream) -> None:
    """Refuse a place within Reprise's own clone.

    Raises:
        FoundingError: it is in there.
    """
    top = origin.git.run("rev-parse", "--show-toplevel").stdout.decode().rstrip("\n")
    if top and target.is_relative_to(Path(top).resolve()):
        raise FoundingError(
            f"{printable(str(target))} is in Reprise's own clone; name a folder beside it, "
            f"as ../{printable(target.name)}"
        )


if __name__ == "__main__":
    sys.exit(main())
