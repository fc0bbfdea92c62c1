"""The pipeline with what other systems lack taken away: tests/elsewhere."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT, Clone
from ruamel.yaml import YAML

STAGES = YAML(typ="safe").load(Path("dvc.yaml"))["stages"]
WINDOWS = {"PYTHONPATH": str(ROOT / "tests/elsewhere"), "PYTHONWARNDEFAULTENCODING": "1"}
WINDOWS |= {"PYTHONIOENCODING": "cp1252"}
IMPORT = """
from importlib import import_module
from pathlib import Path

for room in ("reprise", "tools"):  # and with these stages
    for path in sorted(Path(room).rglob("*.py")):
        if path.name != "__main__.py":
            import_module(".".join(path.with_suffix("").parts))
"""
HELD = """
from pathlib import Path

from stages import files, locks

path = Path("held")
path.write_text("a", encoding="utf-8")
for name, call in {
    "moved": lambda: path.rename("other"),
    "deleted": lambda: files.remove(path),
    "odd": lambda: Path("a:b").touch(),
    "reserved": lambda: Path("aux.txt").touch(),
    "linked": lambda: Path("link").symlink_to(path),
    "unnamed encoding": lambda: eval("path.read_text()", {"path": path, "__name__": "stages.x"}),
    "a lock of Linux": lambda: __import__("fcntl", {"__name__": "stages.locks"}),
}.items():
    with path.open(encoding="utf-8"):
        try:
            call()
        except (OSError, ImportError, EncodingWarning) as error:
            print(name, type(error).__name__)
"""


def windows(code: str, root: Path) -> str:
    """Run code of the project as on Windows; return what it printed."""
    given = ["-c", f"__spec__ = type('', (), {{'name': 'stages'}})\n{code}"]
    done = subprocess.run(
        [sys.executable, *given],
        cwd=root,
        env=os.environ | WINDOWS | {"PYTHONPATH": os.pathsep.join([WINDOWS["PYTHONPATH"], "."])},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert not done.returncode, done.stderr
    return done.stdout


def outputs(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files that the stages have written."""
    for stage in STAGES.values():
        for out in (each for kind in ("outs", "metrics", "plots") for each in stage.get(kind, [])):
            path = root / (out if isinstance(out, str) else next(iter(out)))
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    yield file.relative_to(root).as_posix(), file.read_bytes()


def test_all_modules_import_and_all_stages_give_the_same_bytes_as_on_windows(
    reproduced: Clone,
) -> None:
    windows(IMPORT, reproduced.root)
    expected = dict(outputs(reproduced.root))
    for name in expected:
        (reproduced.root / name).chmod(0o444)  # as DVC protects what it links to its cache
    reproduced.env |= WINDOWS
    for stage in STAGES:
        reproduced.run(sys.executable, "-m", f"stages.{stage}")
    found = dict(outputs(reproduced.root))
    assert [*found] == [*expected]
    assert not [name for name in found if found[name] != expected[name]]


def test_what_windows_refuses_is_refused_here(tmp_path: Path) -> None:
    told = windows(f"import sys; sys.path.append({str(ROOT)!r})\n{HELD}", tmp_path)
    assert told.splitlines() == [
        "moved PermissionError",
        "deleted PermissionError",
        "odd OSError",
        "reserved OSError",
        "linked OSError",
        "unnamed encoding EncodingWarning",
        "a lock of Linux ModuleNotFoundError",
    ]
