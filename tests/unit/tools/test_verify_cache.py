import os
import sys
from pathlib import Path

import pytest
from dvc.repo import Repo

from stages.errors import UserError
from tools import verify_cache
from tools.provenance import dvc_cache
from tools.provenance.dvc_cache import place

GRAPH = """
stages:
  make:
    cmd: mkdir out && echo 1 > out/one && echo 2 > out/two && echo 3 > single
    outs: [out, single]
"""
NASTY = "b\n\x1b[2J"
# Of a library of DVC's.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
A = {"out/one": "1\n", "out/two": "2\n", "single": "3\n", f"photos/{NASTY}": "b\n"}


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the cache, which is elsewhere, of a repository whose files are links to it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    Path("work/photos").mkdir(parents=True)
    os.chdir("work")
    with Repo.init(no_scm=True) as made, made.config.edit() as config:
        config["cache"] |= {"dir": str(tmp_path / "shared"), "type": "hardlink,copy"}
        config["core"]["analytics"] = False
    Path("photos", NASTY).write_text("b\n")
    Path("dvc.yaml").write_text(GRAPH)
    with Repo() as made:
        made.add("photos")
        made.reproduce()
    return tmp_path / "shared"


def run(monkeypatch: pytest.MonkeyPatch, *given: str) -> int:
    monkeypatch.setattr(sys, "argv", ["verify-cache", *given])
    with pytest.raises(SystemExit) as caught:
        verify_cache.main()
    return int(caught.value.code or 0)


def spoil(place: Path, content: str) -> None:
    """Write through a link, as a program may that knows nothing of it."""
    place.chmod(0o644)
    place.write_text(content)
    place.chmod(0o444)


def test_a_whole_cache_is_said_to_be_whole(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    assert capsys.readouterr().out == f"all 6 objects in {repo} are whole\n"


@pytest.mark.parametrize("content", ["9\n", "", "long\n" * 9])
@pytest.mark.parametrize("name", A)
def test_a_damaged_object_is_named_with_its_file_and_the_remedy(
    name: str,
    content: str,
    repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(Path(name), content)
    assert run(monkeypatch) == 1
    said = capsys.readouterr().out
    shown = name.replace(NASTY, r"b\n\x1b[2J")
    back = "put it there again and `dvc add photos`" if "photos" in name else "`dvc repro make`"
    assert f"    it is {shown}; to have it back, `dvc pull` or {back}\n" in said
    assert ("is empty" if not content else "has other bytes") in said.splitlines()[0]
    assert f"1 damaged of 6 objects in {repo}; `reprise verify-cache --remove`" in said
    assert Path(name).read_text() == content  # nothing was deleted


def test_what_is_removed_is_made_again(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("out/two", "single"):
        spoil(Path(name), "9\n")
    assert run(monkeypatch, "--remove") == 1
    assert capsys.readouterr().out.count("deleted") == 4
    assert not Path("out/two").exists()
    assert Path("out/one").exists()
    with Repo() as made:
        made.reproduce()
    assert {name: Path(name).read_text() for name in A} == A
    assert run(monkeypatch) == 0
    assert len(dvc_cache.all_objects(repo)) == 6


def test_a_file_with_the_right_bytes_is_not_deleted(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    md5 = next(
        md5 for md5, path in dvc_cache.all_objects(repo).items() if path.read_text() == "3\n"
    )
    Path("single").unlink()
    Path("single").write_text("3\n")
    spoil(place(repo, md5), "9\n")
    assert run(monkeypatch, "--remove") == 1
    assert Path("single").read_text() == "3\n"
    assert not place(repo, md5).exists()


def test_a_damaged_list_of_a_folder_costs_no_file_of_it(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for md5, path in dvc_cache.all_objects(repo).items():
        if md5.endswith(".dir"):
            spoil(path, "[]")
    assert run(monkeypatch, "--remove") == 1
    said = capsys.readouterr().out
    assert "it is out;" in said
    assert "it is photos;" in said
    assert {name: Path(name).read_text() for name in A} == A
    with Repo() as made:
        made.reproduce()
        made.add("photos")
    assert run(monkeypatch) == 0
    assert len(dvc_cache.all_objects(repo)) == 6


def test_an_object_of_another_commit_is_said_to_be_one(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(repo, "files/md5/ab").mkdir()
    Path(repo, "files/md5/ab", "c" * 30).write_text("x")
    assert run(monkeypatch) == 1
    assert "it is no output of this commit" in capsys.readouterr().out


def test_without_a_repository_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="DVC can read no repository here: you are not inside"):
        verify_cache.repository()
