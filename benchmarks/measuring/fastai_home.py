"""fastai, in an environment of its own beside the project's, which it need not be part of."""

import sys
import sysconfig
from functools import cache
from pathlib import Path

from benchmarks.measuring.task import ROOT, AbsentError, Task, run

PACKAGE = "fastai==2.8.12"
CONSTRAINTS = ROOT / "constraints.txt"
VERSION = "import fastai; print(fastai.__version__)"


@cache
def interpreter(scratch: Path) -> str:
    """Return the interpreter that has fastai, installed where it is not yet.

    It finds all other packages where this one does, so that torch is the same.

    Raises:
        AbsentError: it cannot be installed.
    """
    home = scratch / "fastai"
    try:
        run(scratch, [sys.executable, "-m", "venv", str(home)])
        own = next((home / "lib").glob("python*/site-packages"))
        (own / "beside.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        python = str(home / "bin" / "python")
        pinned = ["-c", str(CONSTRAINTS), "--quiet", "--disable-pip-version-check"]
        run(scratch, [python, "-m", "pip", "install", *pinned, PACKAGE])
        run(scratch, [python, "-W", "ignore", "-c", "import fastai.vision.all"])
    except RuntimeError as error:
        raise AbsentError(f"fastai cannot be installed beside it: {error}") from error
    return python


def version(python: str) -> str:
    """Return the version of fastai that an interpreter has."""
    lib = Path(python).parents[1] / "lib"
    found = next(lib.glob("python*/site-packages/fastai-*.dist-info"))
    return found.name.removeprefix("fastai-").removesuffix(".dist-info")


def available(task: Task) -> str | None:
    """Return the interpreter that has fastai, or None, saying why."""
    try:
        return interpreter(task.scratch)
    except AbsentError as error:
        task.say(f"  {error}")
        return None
