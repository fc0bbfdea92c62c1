import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stages.errors import UserError
from tools import verify
from tools.experimenting import beginning
from tools.experimenting.beginning import Beginning, digest
from tools.experimenting.preparation import leave_out_links

RUN = subprocess.run


def git(*command: str) -> str:
    author = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    return subprocess.check_output(["git", *author, *command], text=True).strip()


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a small repository of a pipeline, and change into it."""
    monkeypatch.chdir(tmp_path)
    for name in ("stages/train.py", "params.yaml", "README.md", "metrics/evaluate.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("download: {}\n", "utf-8")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "All")
    answer_for_dvc(monkeypatch, 0)
    return tmp_path


def answer_for_dvc(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Answer whatever DVC is asked: with a folder, and an exit code."""

    def run(command: list[str], **options: Any) -> Any:  # noqa: ANN401 -- as the real one
        if command[0] == "dvc":
            return subprocess.CompletedProcess(command, code, "cache\n", "")
        return RUN(command, **options)

    monkeypatch.setattr(subprocess, "run", run)


def begun(*settings: str) -> Beginning:
    return beginning.beginning(settings)


def test_the_last_commit_is_where_runs_begin(repository: Path) -> None:
    found = begun()
    assert found.commit == found.workspace == git("rev-parse", "HEAD")
    assert found.cache == repository / "cache"


def test_a_file_that_was_only_touched_is_no_change(repository: Path) -> None:
    os.utime(repository / "params.yaml", (1, 1))
    found = begun()
    assert found.commit == found.workspace


def test_what_is_not_committed_goes_along_and_stays(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "params.yaml").write_text("download: {a: b}\n", "utf-8")
    (repository / "stages/new.py").touch()
    git("add", "stages/new.py")
    before = git("status", "--porcelain")
    found = begun()
    assert git("show", f"{found.workspace}:params.yaml") == "download: {a: b}"
    assert "stages/new.py" in git("ls-tree", "-r", "--name-only", found.workspace)
    assert git("status", "--porcelain") == before
    assert not git("stash", "list")
    told = capsys.readouterr().out
    assert told == "not committed, and in the runs: params.yaml, stages/new.py\n"


def test_a_file_that_git_knows_by_its_name_alone_is_refused(repository: Path) -> None:
    (repository / "notes.txt").write_text("a", "utf-8")
    git("add", "-N", "notes.txt")
    with pytest.raises(UserError, match=r"notes\.txt: Git has the name .*; `git add` it, or"):
        begun()


def test_a_pipeline_below_the_top_of_its_repository_is_refused(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "stages")
    with pytest.raises(UserError, match=f"is a folder in the Git repository {repository}, and"):
        begun()
    with pytest.raises(UserError, match="is a folder in the Git repository"):
        verify.verify("sources")


@pytest.mark.parametrize("made", [[], [("init", "-q")]])
def test_without_git_or_a_commit_that_is_told(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    made: list[tuple[str, ...]],
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("other"))
    for command in made:
        git(*command)
    with pytest.raises(UserError, match="is no Git repository with a commit, and runs are in"):
        begun()


@pytest.mark.parametrize("setting", ["download.path=..", "download.path=../b/", "download.path=."])
def test_images_out_of_the_clone_are_refused(repository: Path, setting: str) -> None:
    (repository.parent / "b").mkdir(exist_ok=True)
    with pytest.raises(UserError, match=r"-S download\.path is \.+"):
        begun(setting)


def test_code_that_git_does_not_have_is_refused(repository: Path) -> None:
    (repository / "stages/mine.py").touch()
    with pytest.raises(UserError, match=r"stages/mine\.py: not in Git, so no run would have it"):
        begun()


@pytest.mark.parametrize(
    ("name", "names"),
    [("stages/train.py", 2), ("params.yaml", 2), ("README.md", 1), ("metrics/evaluate.json", 1)],
)
def test_a_name_stands_for_what_decides(repository: Path, name: str, names: int) -> None:
    found = {digest(begun(), ())}
    (repository / name).write_text("download: {a: c}\n", "utf-8")
    found.add(digest(begun(), ()))
    git("commit", "-qam", "Change")
    assert len({*found, digest(begun(), ())}) == names


def test_a_name_stands_for_what_a_user_sets() -> None:
    assert digest(begun(), ()) != digest(begun(), ("train.lr=1",))


def test_sources_are_those_of_params_and_settings(repository: Path) -> None:
    (repository / "params.yaml").write_text("download: {path: photos}\n", "utf-8")
    found = begun("download.path=other", "train.lr=1")
    assert {Path("photos"), Path("other"), Path("models/source")} <= {*found.sources}


def test_data_under_dvc_are_checked_out_by_dvc(repository: Path) -> None:
    put_under_dvc(repository)
    assert begun().sources == (Path("models/source"),)


def test_data_under_dvc_that_changed_are_refused(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_under_dvc(repository)
    answer_for_dvc(monkeypatch, 1)
    with pytest.raises(UserError, match=r"data/photos: is not what data/photos\.dvc says"):
        begun()


def put_under_dvc(repository: Path) -> None:
    (repository / "params.yaml").write_text("download: {path: data/photos/a}\n", "utf-8")
    (repository / "data").mkdir()
    (repository / "data/photos.dvc").touch()


def test_a_cleaning_that_git_does_not_know_is_refused(repository: Path) -> None:
    (repository / "data/cleaning").mkdir(parents=True)
    (repository / "data/cleaning/out.csv").write_text("path\n", "utf-8")
    with pytest.raises(UserError, match=r"data/cleaning/out.csv: not in Git, .*git add"):
        begun()


@pytest.mark.parametrize("name", ["a.png", "a b .png", "#1", "!x", "[ab]*?.png", "b\\c", "é"])
def test_links_to_images_are_in_no_experiment(repository: Path, name: str) -> None:
    (repository / "photos").mkdir()
    (repository / "photos" / name).symlink_to(repository / "README.md")
    (repository / "photos" / "new.txt").write_text("kept", "utf-8")
    leave_out_links(repository)
    assert git("status", "--porcelain", "-uall") == "?? photos/new.txt"


def test_a_name_stands_for_images_that_git_does_not_know(repository: Path) -> None:
    image = repository / "data/source/a.png"
    image.parent.mkdir(parents=True, exist_ok=True)
    image.write_bytes(b"1")
    here = begun()._replace(sources=(image.parent,))
    first = digest(here, ())
    image.touch()
    assert digest(here, ()) == first
    image.write_bytes(b"2")
    assert digest(here, ()) != first


def test_images_may_be_outside_of_the_repository(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("photos")
    (folder / "b").mkdir()
    (folder / "b/a.png").write_bytes(b"1")
    link = repository / "photos"
    link.symlink_to(folder)
    names = set[str]()
    for source in (folder, link, Path("photos"), Path("photos/b/a.png")):
        here = begun()._replace(sources=(source,))
        first = digest(here, ())
        (folder / "b/a.png").write_bytes(b"2")
        assert digest(here, ()) != first
        (folder / "b/a.png").write_bytes(b"1")
        names |= {first}
    assert len(names) == 2  # wherever the folder is; the last is a file, without one


def test_files_of_git_are_not_read_again(repository: Path) -> None:
    inside = begun()._replace(sources=(Path("stages"), repository / "stages"))
    assert digest(inside, ()) == digest(inside._replace(sources=()), ())


def test_results_are_in_no_run(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "metrics/evaluate.json").write_text("{}", "utf-8")
    begun()
    assert not capsys.readouterr().out
