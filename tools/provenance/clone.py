"""A clone of a commit with an empty cache, in which the pipeline runs again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from stages.errors import UserError
from tools.provenance.linking import link, sources

INHERITED = (  # variables that DVC sets for what it runs, and that the clone must not see
    "DVC_ROOT",
    "DVC_STAGE",
    "DVC_EXP_NAME",
    "DVC_EXP_BASELINE_REV",
)


class Clone:
    """A folder in which commands see no cache of this machine."""

    def __init__(self, root: Path) -> None:
        """Take the folder of the clone; its cache and site folder are beside it."""
        self.root, self.cache = root, root.with_name("cache")
        tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        own = {"PATH": tools, "DVC_SITE_CACHE_DIR": str(root.with_name("site"))}
        inherited = {key: value for key, value in os.environ.items() if key not in INHERITED}
        self._env = inherited | own

    def run(self, *command: str) -> bool:
        """Run a command with its output shown; return whether it succeeded."""
        done = subprocess.run(command, cwd=self.root, env=self._env, check=False)  # noqa: S603
        return done.returncode == 0

    def changed(self) -> set[str]:
        """Return the files of Git that differ from the commit."""
        return set(output("git", "diff", "--name-only", "-z", at=self.root).split("\0")[:-1])


@contextmanager
def opened(commit: str) -> Iterator[Clone]:
    """Yield a clone of a commit of this repository, and delete it in the end."""
    with TemporaryDirectory(prefix="reprise-verify-") as folder:
        made = Clone(Path(folder).resolve() / "clone")
        git = ("git", "-c", "advice.detachedHead=false")
        output(*git, "clone", "--quiet", "--no-checkout", str(Path.cwd()), str(made.root))
        output(*git, "checkout", "--quiet", commit, at=made.root)
        output("dvc", "config", "--local", "cache.dir", str(made.cache), at=made.root)
        for path in sources(made.root):
            link(path, made.root)
        yield made


def output(*command: str, at: Path | None = None) -> str:
    """Return the standard output of a command.

    Raises:
        UserError: the command fails.
    """
    done = subprocess.run(command, cwd=at, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    if done.returncode:
        raise UserError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout


def require_top() -> None:
    """Refuse a folder that is not the top of a Git repository with a commit: only such is cloned.

    Raises:
        UserError: it is none.
    """
    try:
        top = Path(output("git", "rev-parse", "--show-toplevel").removesuffix("\n"))
        output("git", "rev-parse", "--verify", "HEAD")
    except UserError as error:
        raise UserError(
            f"{Path.cwd()}: is no Git repository with a commit, and runs are in clones of one; "
            f"`git init`, `git add` and `git commit` make it ({error})"
        ) from error
    if top.resolve() != Path.cwd():
        raise UserError(
            f"{Path.cwd()}: is a folder in the Git repository {top}, and the pipeline must be at "
            "the top of one, of which clones are run; give it a repository of its own (`git init`)"
        )


def file_at(commit: str, path: str | Path) -> bytes | None:
    """Return the content of a file in a commit, None if it has no such file."""
    done = subprocess.run(  # noqa: S603
        ["git", "cat-file", "blob", f"{commit}:{path}"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    return None if done.returncode else done.stdout
