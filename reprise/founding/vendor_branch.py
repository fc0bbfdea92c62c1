"""The branch `vendor` of a repository of one's own: Reprise's files as they came, and nothing else.

Each of its commits names the commit of Reprise that it is of, so that a clone without the branch
finds the last one among the ancestors of what is checked out. A rebase or a squash copies such
messages to commits that hold what the user wrote, too: the message names the tree as well.
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
COMMIT, ADDRESS, TREE = "Reprise-Commit: ", "Reprise-Address: ", "Reprise-Tree: "
NAMING = ("-E", f"--grep=^{COMMIT}[0-9a-f]{{40,64}}$")


class Vendored(NamedTuple):
    """A commit of Reprise's files in a repository of one's own."""

    commit: str
    origin: str  # the commit of Reprise
    address: str | None  # where Reprise was
    passed_over: tuple[str, ...] = ()  # newer commits that say so, and hold others' files


def record(git: Git, ref: str, origin: Upstream, change: tuple[Parent, Mapping[str, Blob]]) -> str:
    """Commit Reprise's files as a ref, and return the commit."""
    message = f"{origin.name}\n\n{COMMIT}{origin.commit}\n"
    message += f"{ADDRESS}{origin.address}\n" if origin.address else ""
    tree = _tree(git, fast_import.commit(git, ref, message, change))
    return fast_import.commit(git, ref, f"{message}{TREE}{tree}\n", change)


def last(git: Git) -> Vendored:
    """Return the last commit of Reprise's files that what is checked out begins from.

    Raises:
        FoundingError: there is none.
    """
    passed_over = list[str]()
    for commit in git.text("log", *NAMING, "--format=%H").split():
        message = git.text("log", "-1", "--format=%B", commit)
        if _is_pristine(git, commit, message):
            origin, address = (_trailer(message, name) for name in (COMMIT, ADDRESS))
            return Vendored(commit, origin or "", address, tuple(passed_over))
        passed_over.append(commit)
    raise FoundingError(_missing(git, passed_over))


@contextmanager
def moved(git: Git, commit: str) -> Iterator[None]:
    """Move the branch to a commit, and back if what is done then does not end in a merge of it.

    Raises:
        FoundingError: it holds what is nowhere else.
    """
    former = tip(git)
    if former and not _is_kept(git, former):
        raise FoundingError(
            f"branch {NAME} is Reprise's alone, but has commits of yours that are merged nowhere; "
            f"`git branch -m {NAME} mine` keeps them under another name"
        )
    git.text("update-ref", REF, commit)
    try:
        yield
    except BaseException:
        if not git.succeeds("merge-base", "--is-ancestor", commit, "HEAD"):
            git.text("update-ref", *([REF, former] if former else ["-d", REF]))
        raise


def tip(git: Git) -> str:
    """Return the commit of the branch; empty if there is none."""
    return git.run("rev-parse", "--verify", "--quiet", REF).stdout.decode().strip()


def _is_kept(git: Git, former: str) -> bool:
    """Return whether the branch can leave a commit without a loss."""
    if git.succeeds("merge-base", "--is-ancestor", former, "HEAD"):
        return True
    return _is_pristine(git, former, git.text("log", "-1", "--format=%B", former))


def _is_pristine(git: Git, commit: str, message: str) -> bool:
    """Return whether a commit has Reprise's files and no others."""
    if tree := _trailer(message, TREE):
        return tree == _tree(git, commit)
    # Of before trees were named. What was rebased or squashed has a commit of the user behind it.
    whole = rf"Reprise \S+ \(\w+\)\n\n{COMMIT}\w+\n({ADDRESS}.+\n)?\n*"
    if not re.fullmatch(whole, f"{message}\n") or _is_shallow(git):
        return False
    return git.text("rev-list", "--count", commit) == git.text(
        "rev-list", "--count", *NAMING, commit
    )


def _missing(git: Git, passed_over: list[str]) -> str:
    """Say why no commit was found, and what helps."""
    if _is_shallow(git):
        return "this is a shallow clone, without the commits of Reprise; `git fetch --unshallow`"
    if passed_over:
        return (
            f"{passed_over[0][:7]} names a commit of Reprise, but holds other files than that: "
            f"it was squashed or rebased, and no older one is left. Where a clone still has "
            f"{NAME} as it was last merged, as a branch, `git merge -s ours "
            f"--allow-unrelated-histories {NAME}` ties it to yours again, and changes no file"
        )
    return (
        "no commit here is one of Reprise's own files: `reprise new` did not make this "
        "repository, or its history was squashed; in a clone of Reprise it is `git pull`"
    )


def _is_shallow(git: Git) -> bool:
    return git.text("rev-parse", "--is-shallow-repository") == "true"


def _tree(git: Git, commit: str) -> str:
    return git.text("rev-parse", f"{commit}^{{tree}}")


def _trailer(message: str, name: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}(.+)$", message, re.MULTILINE)
    return found[1] if found else None
