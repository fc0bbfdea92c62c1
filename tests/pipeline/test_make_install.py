"""`make install` and `make repro` install what is asked for; `make -n` says what they would do."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["Makefile", "template/files/Makefile"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a repository as far as make looks at it, whose environment is installed."""
    shutil.copy(ROOT / request.param, tmp_path / "Makefile")
    for name in ("install.mk", "params.yaml", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "reprise", tmp_path / "reprise")
    return tmp_path


def would(folder: Path, *words: str) -> list[str]:
    """Return what pip would be asked for."""
    command = ["make", "-n", "-o", ".venv/installed", *words]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    lines = [line for line in ended.stdout.splitlines() if "pip install" in line]
    return [line.partition("-e '")[2].partition("'")[0] for line in lines]


def test_the_digits_need_no_extra(folder: Path) -> None:
    assert would(folder, "install") == would(folder, "repro") == []


def test_extras_that_are_named_are_installed(folder: Path) -> None:
    assert would(folder, "install", "EXTRAS=heif,gs") == [".[pipeline,serve,heif,gs]"]


@pytest.mark.parametrize("goal", ["install", "repro", "verify"])
def test_extras_that_params_yaml_asks_for_are_installed(folder: Path, goal: str) -> None:
    params = folder / "params.yaml"
    changed = params.read_text("utf-8").replace("  network: cnn ", "  network: timm")
    params.write_text(changed, "utf-8", newline="\n")
    assert would(folder, goal) == [".[pipeline,serve,timm]"]
