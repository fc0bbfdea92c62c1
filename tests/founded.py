"""A small Reprise in Git, from which tests make repositories of one's own."""

import os
import subprocess
from pathlib import Path

import pytest

from reprise.founding import new

KEPT = """\
# Comment.
.dvc/
*.txt
dvc.yaml
params.yaml
pyproject.toml
recipes/
stages/
tools/
versions.yaml
"""
CONFIG = """\
[core]
    remote = storage
['remote "storage"']
    url = ~/.local/share/reprise
"""
PHOTOS = """\
# Photographs.

download:
  dataset: folder

train:
  lr: 0.003  # low
"""
TUNED = PHOTOS.replace("lr: 0.003  # low", "network: timm\n  weights: models/source/a.pth")
PARAMS = """\
# Every knob.

download:
  dataset: digits       # which (text)
  path: data/source     # where (text)
  address: null         # http (text | null)
  table: null           # which table (text | null)

train:
  epochs: 20            # passes (integer)
  network: cnn          # family (text)
  lr: 0.005             # learning rate (number > 0)
  weights: none         # state dict (text)
"""
FILES = {
    ".dvc/config": CONFIG,
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n- Old.\n",
    "README.md": "# Reprise\n",
    "constraints.txt": "numpy==2\n",
    "dvc.yaml": "stages: {}\n",
    "params.yaml": PARAMS,
    "pyproject.toml": '[project]\nname = "reprise"\nversion = "0.1.0"\n',
    "recipes/digits.yaml": "# Digits.\n\ndownload:\n  dataset: digits\n\ntrain:\n  lr: 0.005\n",
    "recipes/photos.yaml": PHOTOS,
    "recipes/tuned.yaml": TUNED,
    "stages/__init__.py": "",
    "stages/net.py": "A = 1\nB = 2\n\n\nC = 3\n",
    "template/files/README.md": "# An image classifier\n\nWords.\n",
    "template/files/tests/test_own.py": "",
    "template/kept.txt": KEPT,
    "tests/test_ours.py": "",
    "tools/__init__.py": "",
    "versions.yaml": 'numpy: "2"\n',
}
ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *arguments: str) -> str:
    """Run Git in a folder, and return what it prints."""
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout.rstrip("\n")


def change(folder: Path, message: str, **texts: str | None) -> str:
    """Commit files by path, None without one; return the commit."""
    for path, text in texts.items():
        place = folder / path
        if text is None:
            place.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
    git(folder, "add", "-A", "--force")
    git(folder, "commit", "-qm", message)
    return git(folder, "rev-parse", "HEAD")


def origin(folder: Path) -> Path:
    """Make the repository."""
    folder.mkdir()
    git(folder, "init", "-q")
    change(folder, "All", **FILES)
    return folder


def both(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make Reprise in ours/ and a repository of it in mine/; stand in the latter, return ours."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    made = origin(folder / "ours")
    assert new.main([str(folder / "mine"), "--from", str(made), "--yes"]) == 0
    monkeypatch.chdir(folder / "mine")
    return made
