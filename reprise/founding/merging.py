"""Merge a commit of Reprise's files into what is checked out, as far as that needs no person."""

from pathlib import Path
from typing import NamedTuple

from reprise.escaping import printable
from reprise.founding import vendor_branch
from reprise.founding.interruption import undisturbed
from reprise.founding.parameter_lines import Versions
from reprise.founding.params_merge import merged
from reprise.founding.plumbing import FoundingError, Git, said

PARAMS = "params.yaml"
# States what is installed: after an upgrade, that is what Reprise installs.
THEIRS = "versions.yaml"


class Merge(NamedTuple):
    """A merge that has begun."""

    params: Versions  # of params.yaml
    conflicts: list[str]  # files that a person must edit


def require_clean(git: Git) -> None:
    """Refuse to merge into what is not committed.

    Raises:
        FoundingError: something is changed, or a merge has begun already.
    """
    if _begun(git):
        raise FoundingError(
            "a merge has begun; edit what `git status` names, `git add` and `git commit` it, or "
            "`git merge --abort`"
        )
    if changed := git.text("status", "--porcelain", "--untracked-files=no"):
        first, *others = (printable(line[3:]) for line in changed.splitlines())
        more = f" and {len(others)} more" if others else ""
        raise FoundingError(f"{first}{more}: changed, not committed; `git commit` or `git stash`")
    if git.run("symbolic-ref", "--quiet", "HEAD").stdout.decode().strip() == vendor_branch.REF:
        raise FoundingError(
            f"branch {vendor_branch.NAME} is Reprise's alone; `git switch` to yours, as main"
        )


def merge(git: Git, base: str, new: str, message: str) -> Merge:
    """Merge, and commit it if nothing is left for a person; `base` and `new` are Reprise's commits.

    Raises:
        FoundingError: Git refuses, and nothing has changed.
    """
    params = Versions(*(_at(git, commit) for commit in (base, "HEAD", new)))
    # Before anything is touched, as it may fail.
    text = merged(params) if all(params) else None
    try:
        with undisturbed():
            left = _begin(git, message, text)
        if not left:
            _commit(git)
    except BaseException:
        if _begun(git):
            # All was committed before. `merge --abort` refuses where params.yaml is half written.
            git.run("reset", "--quiet", "--hard")
        raise
    return Merge(params, left)


def _begin(git: Git, message: str, params: str | None) -> list[str]:
    """Merge without a commit, with this text of params.yaml, and return the conflicts."""
    done = git.run("merge", "--no-ff", "--no-commit", "-m", message, vendor_branch.REF)
    if not _begun(git):
        raise FoundingError(f"git merge failed, and nothing has changed: {said(done)}")
    if params is not None:
        _write(git.folder / PARAMS, params)
        git.text("add", "--", PARAMS)
    if THEIRS in conflicts(git):
        git.text("checkout", "--quiet", "--theirs", "--", THEIRS)
        git.text("add", "--", THEIRS)
    return conflicts(git)


def _begun(git: Git) -> bool:
    return git.succeeds("rev-parse", "--verify", "--quiet", "MERGE_HEAD")


def _commit(git: Git) -> None:
    done = git.run("commit", "--quiet", "--no-edit")
    if done.returncode:
        reason = "a hook or a setting of Git refuses it, and the upgrade is taken back"
        raise FoundingError(f"git commit failed: {reason}; it says:\n{said(done)}")


def _write(place: Path, text: str) -> None:
    try:
        place.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise FoundingError(f"{place.name}: {reason}, and the upgrade is taken back") from error


def conflicts(git: Git) -> list[str]:
    """Return the files in which Git needs a decision."""
    return git.text("diff", "--name-only", "--diff-filter=U").splitlines()


def _at(git: Git, commit: str) -> str:
    """Return params.yaml in a commit; empty if it is not there."""
    content = git.run("show", f"{commit}:{PARAMS}").stdout
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise FoundingError(f"{PARAMS} is not UTF-8; save it as UTF-8, and commit it") from error
