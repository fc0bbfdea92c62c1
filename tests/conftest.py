"""Clones of the working tree, in which tests run real commands."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from stages.processor import PORTABLE

ROOT = Path(__file__).resolve().parents[1]
EPOCHS = 5  # of a training in a clone: enough for 95 % of the digits
SHARED = ROOT.parent / "shared" / "data"  # real images; tests that want them skip where it is not
# Many tests compute in their own process, before any stage chooses its kernels.
os.environ.update(PORTABLE)
# How long an example takes is the machine's matter.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
# Tests run side by side: threads that spin while they wait would take the cores from each other.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests: the others fill what they leave of a core."""
    items.sort(key=lambda item: "first" not in item.keywords)


class Clone:
    """A clone with a cache of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # What `make test` tells a make that it starts is not for one that a test starts.
        own = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
        self.env = own | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_SITE_CACHE_DIR": str(root.with_name(f"{root.name}.site")),
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.com",
        }

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command in a session of its own, so that all of it can be killed."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, *command: str, code: int = 0) -> str:
        """Run a command, expect its exit code, and return what it printed."""
        process = self.start(*command)
        out, err = process.communicate()
        assert process.returncode == code, f"{command} ended with {process.returncode}\n{out}{err}"
        return out + err

    def copy(self, root: Path) -> "Clone":
        """Return a copy with all that was cached."""
        shutil.copytree(self.root, root, symlinks=True)
        return Clone(root)

    def params(self, old: str, new: str) -> None:
        """Replace a text in params.yaml."""
        path = self.root / "params.yaml"
        text = path.read_text("utf-8")
        assert old in text, f"params.yaml has no {old!r}"
        path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Git repository of the working tree, changes that are not committed included.

    It holds no results: where dvc.lock and metrics are there already, `evaluate` need not run.
    """
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    root = tmp_path_factory.mktemp("origin")
    for name in listed.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("dvc.lock", "metrics/")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    repository = Clone(root)
    repository.params("  epochs: 20 ", f"  epochs: {EPOCHS} ")
    repository.run("git", "init", "-q")
    repository.run("git", "add", "-A")
    repository.run("git", "commit", "-qm", "All")
    return root


@pytest.fixture(scope="session")
def clone(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clone]:
    """Return a function that clones the repository into a new folder of the given name."""

    def make(name: str) -> Clone:
        root = tmp_path_factory.mktemp("clones") / name
        Clone(root.parent).run("git", "clone", "-q", str(origin), str(root))
        return Clone(root)

    return make


@pytest.fixture(scope="session")
def pristine(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Return a clone in which the pipeline ran; tests only read it, those of all processes."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = Clone(base / "shared" / "pristine")
    made.root.parent.mkdir(exist_ok=True)
    with FileLock(base / "shared" / "lock"):  # the first process runs it, the others wait
        ran = base / "shared" / "ran"
        if not ran.exists():
            shutil.rmtree(made.root, ignore_errors=True)
            Clone(made.root.parent).run("git", "clone", "-q", str(origin), str(made.root))
            made.run("dvc", "repro")
            ran.touch()
    return made


@pytest.fixture
def reproduced(pristine: Clone, tmp_path: Path) -> Clone:
    """Return a copy of the clone in which the pipeline ran, for one test to change."""
    return pristine.copy(tmp_path / "copy")
