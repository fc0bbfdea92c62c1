"""The branch `vendor` of a repository of one's own: Reprise's files as they came, and nothing else.

Each of its commits names the commit of Reprise that it is of, so that a clone without the branch
finds the last one among the ancestors of what is checked out.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from reprise.founding import fast_import
from reprise.founding.fast_import import Blob, Parent
from reprise.founding.plumbing import FoundingError, Git
from reprise.founding.upstream import Upstream

NAME = "vendor"
REF = f"refs/heads/{NAME}"
COMMIT, ADDRESS = "Reprise-Commit: ", "Reprise-Address: "


class Vendored(NamedTuple):
    """A commit of Reprise's files in a repository of one's own."""

    commit: str
    origin: str  # the commit of Reprise
    address: str | None  # where Reprise was


def record(git: Git, ref: str, origin: Upstream, change: tuple[Parent, Mapping[str, Blob]]) -> str:
    """Commit Reprise's files as a ref, and return the commit."""
    message = f"{origin.name}\n\n{COMMIT}{origin.commit}\n"
    message += f"{ADDRESS}{origin.address}\n" if origin.address else ""
    return fast_import.commit(git, ref, message, change)


def last(git: Git) -> Vendored:
    """Return the last commit of Reprise's files that what is checked out begins from.

    Raises:
        FoundingError: there is none.
    """
    pattern = f"--grep=^{COMMIT}[0-9a-f]{{40,64}}$"
    made, _, message = git.text("log", "-1", "-E", pattern, "--format=%H%n%B").partition("\n")
    if not made:
        raise FoundingError(
            "no commit here is one of Reprise's own files: `reprise new` did not make this "
            "repository, or its history was squashed; in a clone of Reprise it is `git pull`"
        )
    origin, address = (_trailer(message, name) for name in (COMMIT, ADDRESS))
    return Vendored(made, origin or "", address)


@contextmanager
def moved(git: Git, commit: str) -> Iterator[None]:
    """Move the branch to a commit, and back if what is done then fails."""
    former = git.run("rev-parse", "--verify", "--quiet", REF).stdout.decode().strip()
    git.text("update-ref", REF, commit)
    try:
        yield
    except FoundingError:
        git.text("update-ref", *([REF, former] if former else ["-d", REF]))
        raise


def _trailer(message: str, name: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}(.+)$", message, re.MULTILINE)
    return found[1] if found else None
