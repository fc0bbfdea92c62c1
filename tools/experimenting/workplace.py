"""A clone of the repository in which experiments run; it shares the cache and the checkpoints.

`dvc exp run --temp` and `--queue` stash what is not committed, and take it back a second later: a
kill in between leaves params.yaml changed, HEAD detached, and an entry that the next run would take
for its own. Here the workspace is only read.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from stages import files
from tools.experimenting.beginning import SOMEBODY, Beginning
from tools.experimenting.preparation import SHARED, configure, leave_out_links
from tools.provenance.clone import INHERITED, file_at, output
from tools.provenance.linking import link, make

RUN, LAST = ("dvc", "exp", "run", "--name"), "evaluate"
GIT = ("git", *SOMEBODY)
INHERIT = os.name == "posix"
CHATTER = (  # of DVC: about the clone, not about the workspace
    "Reproducing experiment",
    "Ran experiment",
    "Experiment results",
    "Updating lock file",
    "To track the changes",
    "git add",
    "To enable auto staging",
    "dvc config core.autostage",
    "Use `dvc push`",
    "> python -m",
    "Open metrics/",
)


class Workplace:
    """A clone in which one experiment runs after the other."""

    def __init__(self, root: Path, begun: Beginning) -> None:
        """Take the folder of the clone."""
        self.root, self._begun = root, begun
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        kept = {key: value for key, value in os.environ.items() if key not in INHERITED}
        self._env = kept | {"PATH": path}

    def run(self, name: str, settings: Sequence[str], lock: int) -> bool:
        """Run an experiment as far as evaluate; return whether it succeeded.

        It inherits the lock, so that it is still held should this process alone be killed; not on
        Windows, where no process inherits one.
        """
        self.reset()
        given = chain.from_iterable(("-S", setting) for setting in settings)
        with subprocess.Popen(  # noqa: S603
            [*RUN, name, *given, LAST],
            cwd=self.root,
            env=self._env,
            pass_fds=INHERIT * [lock],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
        ) as process:
            for line in process.stdout or ():
                if not line.lstrip().startswith(CHATTER) and line.strip():
                    print(f"  {line}", end="", flush=True)
        return process.returncode == 0

    def start(
        self, name: str, log: BinaryIO, lock: int, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start an experiment as far as evaluate, of the files as they are; it writes to `log`.

        It is the first of a group of processes, to which a signal can be sent, and which Ctrl-C
        does not reach. It inherits the lock.
        """
        return subprocess.Popen(  # noqa: S603
            [*RUN, name, LAST],
            cwd=self.root,
            env={**self._env, **env},
            pass_fds=INHERIT * [lock],
            process_group=0,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def reset(self) -> None:
        """Take the files of Git back to what runs begin from."""
        output("git", "read-tree", "-u", "--reset", self._begun.workspace, at=self.root)

    def known(self, path: Path) -> list[bytes]:
        """Return what a file holds before its stage writes it: DVC takes it back to the commit."""
        commits = (self._begun.workspace, self._begun.commit)
        found = (file_at(commit, path.as_posix()) for commit in commits)
        return [content for content in found if content is not None]

    def hand_over(self, name: str) -> None:
        """Give the repository the experiment, unless it has the same already."""
        ref = self._ref(name)
        former, made = _tree(ref, Path()), _tree(ref, self.root)
        if former != made:
            if former:
                print(f"  {name}: replaces the one of other images or weights outside of Git")
            fetch = ("git", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head")
            output(*fetch, str(self.root), f"+{ref}:{ref}")

    def keep_checkpoints(self, folder: Path) -> None:
        """Have trainings keep their checkpoints in a folder, and no longer with all others."""
        link = self.root / SHARED[0]
        folder.mkdir(parents=True, exist_ok=True)
        link.unlink()
        make(link, folder.resolve())

    def keep(self, name: str, paths: Sequence[Path]) -> None:
        """Make an experiment of some files of a run that was stopped, without any of its outputs.

        Metrics and plots that were of the commit are not in it: they are not of this run.
        """
        removed = ("--force", "--cached", "--ignore-unmatch")  # though staged, as DVC leaves some
        output("git", "rm", "-r", "--quiet", *removed, "--", "metrics", at=self.root)
        output("git", "add", "--force", "--", *map(str, paths), at=self.root)
        tree = output("git", "write-tree", at=self.root).strip()
        parent, message = self._begun.commit, f"dvc: stopped experiment {name}"
        made = output(*GIT, "commit-tree", "-p", parent, "-m", message, tree, at=self.root).strip()
        output("git", "update-ref", self._ref(name), made, at=self.root)

    def _ref(self, name: str) -> str:
        commit = self._begun.commit
        return f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"


@contextmanager
def opened(root: Path, begun: Beginning) -> Iterator[Workplace]:
    """Yield a workplace in a folder, and delete it in the end."""
    files.remove(root)  # of a killed command
    try:
        git = ("git", "-c", "advice.detachedHead=false")
        output(*git, "clone", "--quiet", "--shared", "--no-checkout", str(Path.cwd()), str(root))
        output(*git, "checkout", "--quiet", "--detach", begun.commit, at=root)
        made = Workplace(root, begun)
        made.reset()
        configure(root, begun.cache)
        for path in begun.sources:
            link(path, root)
        leave_out_links(root)
        yield made
    finally:
        files.remove(root)


def _tree(ref: str, root: Path) -> str | None:
    """Return the tree of a ref, None if there is no such ref."""
    done = subprocess.run(  # noqa: S603
        ["git", "rev-parse", "--quiet", "--verify", f"{ref}^{{tree}}"],  # noqa: S607
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return None if done.returncode else done.stdout
