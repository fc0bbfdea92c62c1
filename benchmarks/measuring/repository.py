"""A Git repository of this working tree, with a cache of its own, in which DVC runs it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.measuring.task import LIMIT, ROOT, Cost, Task, heard, run
from stages import files
from stages.params import PATH
from tools.provenance.clone import INHERITED

NOBODY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}
RESULTS = ("dvc.lock", "metrics/")  # of runs before


class Repository:
    """The repository; nothing in it has run."""

    def __init__(self, task: Task, name: str) -> None:
        """Copy what is in Git, changes included, and commit it."""
        self.root = task.scratch / name
        files.remove(self.root)
        kept = {key: value for key, value in os.environ.items() if key not in INHERITED}
        programs = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
        site = {"DVC_SITE_CACHE_DIR": str(task.scratch / f"{name}.site"), "DVC_NO_ANALYTICS": "1"}
        self._environment = kept | NOBODY | site | {"PATH": programs}
        for path in tracked():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, self.root / path)
        self.set("train", board=False)
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "All"]):
            run(self.root, ["git", *command], self._environment)

    def set(self, section: str, **values: object) -> None:
        """Set parameters in params.yaml."""
        yaml, path = YAML(), self.root / PATH
        params: dict[str, Any] = yaml.load(path)
        params[section] |= values
        with path.open("w", encoding="utf-8") as file:
            yaml.dump(params, file)

    def dvc(self, *arguments: str) -> tuple[str, Cost]:
        """Run DVC; return what it printed, and what it cost."""
        return heard(self.root, ["dvc", *arguments], self._environment)

    def stage(self, name: str) -> Cost:
        """Run a stage without DVC, and return what it cost."""
        return run(self.root, [sys.executable, "-m", f"stages.{name}"], self._environment)

    def killed(self, command: list[str], due: Callable[[], bool]) -> float:
        """Start a command, kill it and all that it started with SIGKILL as soon as it is due.

        Return its seconds.

        Raises:
            RuntimeError: it ended before.
        """
        began = time.perf_counter()
        with subprocess.Popen(
            command,
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            while not due() and time.perf_counter() < began + LIMIT and process.poll() is None:
                time.sleep(0.001)
            seconds, ended = time.perf_counter() - began, process.poll() is not None
            if not ended:
                os.killpg(process.pid, signal.SIGKILL)
        if ended:
            raise RuntimeError(f"{' '.join(command)} ended before it was half-way")
        return seconds


def tracked() -> list[str]:
    """Return the files that Git has or would take, but the results."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    ).split("\0")
    return [name for name in listed if (ROOT / name).is_file() and not name.startswith(RESULTS)]
