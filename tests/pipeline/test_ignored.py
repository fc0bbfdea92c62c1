""".dvcignore hides what tools leave in folders of code, and nothing of a user's data."""

import subprocess
from pathlib import Path

import pytest
from dvc.repo import Repo


def matches(name: str) -> bool:
    with Repo() as repo:
        return bool(repo.dvcignore.check_ignore(str(Path(name).absolute())).match)


@pytest.mark.parametrize(
    "name",
    [
        "stages/sources/tar.py~",
        "stages/sources/.#tar.py",
        "stages/sources/.tar.py.swp",
        "stages/.DS_Store",
        "reprise/codecs/__pycache__/png.cpython-311.pyc",
        "runs/train",
        ".mypy_cache/3.11",
    ],
)
def test_what_python_and_editors_leave_in_code_runs_no_stage(name: str) -> None:
    assert matches(name)


@pytest.mark.parametrize("name", ["stages/sources/tar.py", "stages/pages/template.css"])
def test_code_and_templates_are_seen(name: str) -> None:
    assert not matches(name)


@pytest.mark.parametrize(
    "name", ["a/9.png~", "a/x.pyc", "a/.b.swp", ".DS_Store", "runs/1.png", "__pycache__/1.png"]
)
def test_every_file_of_a_user_is_seen(name: str) -> None:
    assert not matches(f"data/source/{name}")


@pytest.mark.parametrize("folder", ["data/cleaning", "data/predictions", "models/source"])
def test_other_words_on_a_page_of_ours_run_no_stage(folder: str) -> None:
    """An upgrade brings them; files of a user are seen, also one of this name elsewhere."""
    assert Path(folder, "README.md").exists()
    assert matches(f"{folder}/README.md")
    assert not matches(f"{folder}/own/README.md")
    assert not matches(f"{folder}/own.csv")


@pytest.mark.parametrize("name", ["folds.json", "folds/predictions.parquet", "repeat/report.html"])
def test_what_many_runs_say_together_is_for_git(name: str) -> None:
    """It is the output of no stage, so nothing else would keep it."""
    command = ["git", "check-ignore", "--quiet", f"metrics/{name}"]
    assert subprocess.run(command, check=False).returncode == 1
    assert not matches(f"metrics/{name}")


@pytest.mark.parametrize("folder", ["data/source", "data/predictions", "models/source"])
def test_what_a_user_lets_dvc_track_reaches_git_and_dvc(folder: str) -> None:
    """`dvc add models/source/resnet18.pth`: Git has its .dvc file, and DVC finds that there."""
    names = [f"{folder}/README.md", f"{folder}/resnet18.pth.dvc", f"{folder}/resnet18.pth"]
    command = ["git", "check-ignore", "--no-index", *names]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.stdout.split() == names[2:]
    with Repo() as repo:
        assert not repo.scm.is_ignored(str(Path(folder).absolute()) + "/")
