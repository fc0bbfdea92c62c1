"""The commit of Reprise whose files a repository is given, in a clone or at an address."""

import re
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from reprise.escaping import printable
from reprise.founding.plumbing import FoundingError, Git, whole_path

KEPT = "template/kept.txt"  # by it one knows a Reprise from which a repository can be made
ADDRESS = re.compile(r"[\w+.-]+://|[\w.-]+@[\w.-]+:")
SECRET = re.compile(r"(?<=://)[^/@]*@(?=.)")


def add_options(made: ArgumentParser, default: str) -> None:
    """Add `--from` and `--rev`, which name a commit of Reprise."""
    which = f"address or clone of Reprise ({default})"
    made.add_argument("--from", dest="source", metavar="REPRISE", help=which)
    made.add_argument("--rev", metavar="TAG", help="tag, branch or commit of it (as checked out)")


class Upstream(NamedTuple):
    """A commit of Reprise."""

    git: Git  # where it is
    commit: str
    version: str  # of pyproject.toml
    address: str | None  # where others find it

    @property
    def name(self) -> str:
        """Return version and commit, for a person."""
        return f"Reprise {self.version} ({self.commit[:7]})"


@contextmanager
def opened(place: str | None, revision: str | None) -> Iterator[Upstream]:
    """Yield a commit; `place` is a folder or an address, None the clone that this code is of.

    Raises:
        FoundingError: there is no such place or revision, or it holds no Reprise.
    """
    if place is None or not ADDRESS.match(place):
        git = Git(_own_clone() if place is None else _folder(place))
        yield _origin(git, revision, _public(git))
        return
    with TemporaryDirectory(prefix="reprise-") as folder:
        git, shown = Git(Path(folder)), printable(SECRET.sub("", place))
        print(f"fetching {shown}", flush=True)
        if git.run("clone", "--quiet", "--bare", "--", place, folder).returncode:
            raise FoundingError(f"{shown} cannot be cloned; `git clone {shown}` says why")
        yield _origin(git, revision, SECRET.sub("", place))


def _origin(git: Git, revision: str | None, address: str | None) -> Upstream:
    """Return the commit that a revision names, or that is checked out."""
    wanted = revision or "HEAD"
    done = git.run("rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}")
    commit = done.stdout.decode().strip()
    if wanted.startswith("-") or done.returncode:
        raise FoundingError(
            f"{printable(wanted)} is no tag, branch or commit of {git.folder}; `git tag` lists tags"
        )
    if not git.succeeds("cat-file", "-e", f"{commit}:{KEPT}"):
        raise FoundingError(
            f"{printable(wanted)} of {git.folder} has no {KEPT}: it is no Reprise, or one that is "
            "older than `reprise new`, or a repository that it made; --from names one to begin from"
        )
    project = tomllib.loads(git.text("show", f"{commit}:pyproject.toml"))["project"]
    return Upstream(git, commit, project["version"], address)


def _own_clone() -> Path:
    """Return the clone that this code is of."""
    folder = Path(__file__).parents[2]
    if not (folder / KEPT).is_file() or not (folder / ".git").exists():
        raise FoundingError(
            "which Reprise? `--from` names its address or a clone; this command stands in neither "
            "(it is installed as a package, or in a repository that it made)"
        )
    return folder


def _folder(place: str) -> Path:
    folder = whole_path(place, "--from ")
    if not folder.is_dir() or not Git(folder).succeeds("rev-parse", "--git-dir"):
        raise FoundingError(
            f"--from {printable(place)}: is no clone of Reprise; name one, or an address"
        )
    return folder


def _public(git: Git) -> str | None:
    """Return the address that a clone is of, without user and password; None: a folder."""
    address = git.run("config", "--get", "remote.origin.url").stdout.decode().strip()
    return SECRET.sub("", address) if ADDRESS.match(address) else None
