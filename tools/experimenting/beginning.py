"""The commit and the workspace that all runs begin from."""

import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from reprise.escaping import printable
from stages.errors import UserError
from tools.experimenting.contents import contents
from tools.provenance.clone import output, require_top
from tools.provenance.linking import place, sources

CODE = ("stages", "reprise")
IN_GIT = (*CODE, "data/cleaning")  # what is new there is of no commit, and of no run
DECIDING = (*CODE, "dvc.yaml", "params.yaml", "versions.yaml", "data", "models")
RESULTS = "metrics"  # no run reads them
# Of a commit that nobody sees; else Git wants to be told who the user is.
SOMEBODY = ("-c", "user.name=reprise", "-c", "user.email=reprise@localhost")


class Beginning(NamedTuple):
    """The last commit, the workspace, the cache, and sources outside of Git."""

    commit: str
    workspace: str  # a commit of the workspace's files, with what is not committed
    cache: Path
    sources: tuple[Path, ...]  # of images, tables and weights, which Git and DVC may not have


def beginning(settings: Sequence[str]) -> Beginning:
    """Return what the runs begin from; nothing of it changes.

    Raises:
        UserError: code or a cleaning is not in Git, or data are not what DVC has of them.
    """
    require_top()
    _require_in_git()
    commit = output("git", "rev-parse", "HEAD").strip()
    output("git", "status", "--porcelain")  # else a file that was only touched is a change
    kept = output("git", *SOMEBODY, "stash", "create").strip()  # a commit; no file, no ref
    if kept:
        changed = output("git", "diff", "--name-only", commit, kept).splitlines()
        told = [path for path in changed if not Path(path).is_relative_to(RESULTS)]
        if told:
            print(printable(f"not committed, and in the runs: {', '.join(told)}"), flush=True)
    named = [
        place(f"-S {setting.partition('=')[0]}", setting.partition("=")[2]) for setting in settings
    ]
    found = [path for path in (*sources(Path()), *named) if not _is_dvcs(path)]
    cache = Path(output("dvc", "cache", "dir").strip()).resolve()
    return Beginning(commit, kept or commit, cache, tuple(found))


def digest(begun: Beginning, settings: Sequence[str]) -> str:
    """Return 8 letters that stand for the code, the parameters, and what a user sets."""
    listed = output("git", "ls-tree", "-r", begun.workspace, "--", *DECIDING)
    return sha256("\n".join([listed, *settings, *contents(begun.sources)]).encode()).hexdigest()[:8]


def _require_in_git() -> None:
    intended = output("git", "diff", "--name-only", "--diff-filter=A").splitlines()
    if intended:  # of them Git makes no commit
        raise UserError(
            f"{', '.join(intended)}: Git has the name without the content (`git add -N`); "
            "`git add` it, or `git rm --cached` it"
        )
    new = output("git", "ls-files", "--others", "--exclude-standard", "--", *IN_GIT).splitlines()
    if new:
        raise UserError(
            f"{', '.join(new)}: not in Git, so no run would have it; `git add` it, or move it away"
        )


def _is_dvcs(path: Path) -> bool:
    """Return whether DVC has a path, and checks it out by itself.

    Raises:
        UserError: it was changed since.
    """
    files = [Path(f"{each}.dvc") for each in (path, *path.parents) if each.name]
    for file in filter(Path.is_file, files):
        command = ["dvc", "status", "--quiet", str(file)]
        if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603
            here = file.with_suffix("")
            raise UserError(f"{here}: is not what {file} says of it; run `dvc add {here}`")
        return True
    return False
