"""Run a stage in an empty clone, and compare what it gives with dvc.lock."""

from collections.abc import Mapping
from pathlib import Path

from stages.errors import UserError
from tools.provenance import lockfile
from tools.provenance.clone import Clone, output
from tools.provenance.lockfile import Locked

LOCK = "dvc.lock"


def require_committed() -> str:
    """Return the commit that is checked out.

    Raises:
        UserError: files of Git differ from it, so that a clone would run others.
    """
    if changed := output("git", "status", "--porcelain", "--untracked-files=no"):
        names = ", ".join(line[3:] for line in changed.splitlines())
        raise UserError(f"--verify runs what is committed, and {names} is not; commit it first")
    return output("git", "rev-parse", "HEAD").strip()


def unequal(made: Clone, stage: str, locked: Mapping[str, Locked]) -> list[str]:
    """Run one stage of a clone; return the outputs that get other bytes than dvc.lock says.

    Raises:
        UserError: it fails, or the results that it needs are not in the cache.
    """
    results = {path for of in locked.values() for path in of.outs}
    needed = sorted(locked[stage].data.keys() & results - _in_git(made))
    cache = output("dvc", "cache", "dir").strip()
    made.run("dvc", "remote", "add", "--quiet", "--force", "--local", "original", cache)
    pulled = made.run("dvc", "pull", "--quiet", "--remote", "original", *needed) if needed else True
    if not pulled:
        raise UserError(
            f"{', '.join(needed)}: not in the cache; `dvc pull`, or `dvc repro {stage}`"
        )
    if not made.run("dvc", "repro", "--quiet", "--force", "--single-item", stage):
        raise UserError(f"{stage} cannot be run in a clone; the reason is above")
    after = lockfile.read((made.root / LOCK).read_text("utf-8"))[stage].outs
    return sorted(path for path, md5 in locked[stage].outs.items() if after.get(path) != md5)


def _in_git(made: Clone) -> set[str]:
    """Return the files of Git, which a clone has already."""
    listed = output("git", "ls-files", "-z", "metrics", at=made.root).split("\0")
    return {*listed, *(Path(path).parent.as_posix() for path in listed)}
