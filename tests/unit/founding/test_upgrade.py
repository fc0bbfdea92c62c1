"""`reprise upgrade`: the newer files are merged, the user's edits stay, mistakes change nothing."""

from pathlib import Path

import founded
import pytest
from founded import PARAMS, change, git

from reprise.dvc_status import parsed
from reprise.founding import new, upgrade
from reprise.founding.outlook import only_code, reasons

Captured = pytest.CaptureFixture[str]
BEHIND = "A = 1\nB = 2\n\n\nC = 3\n"  # stages/net.py as it was


@pytest.fixture(autouse=True)
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "photos").mkdir()
    return founded.both(tmp_path, monkeypatch)


@pytest.fixture
def mine(ours: Path) -> Path:
    return ours.with_name("mine")


def run(ours: Path, *options: str, code: int = 0) -> None:
    assert upgrade.main(["--from", str(ours), *options]) == code


def refused(capsys: Captured, ours: Path, *options: str) -> str:
    """Expect a refusal that changes nothing, and return it."""
    before = git(Path(), "rev-parse", "HEAD", "vendor"), git(Path(), "status", "--porcelain")
    capsys.readouterr()
    run(ours, *options, code=1)
    assert (git(Path(), "rev-parse", "HEAD", "vendor"), git(Path(), "status", "--porcelain")) == (
        before
    )
    assert not git(Path(), "for-each-ref", "refs/reprise")
    printed = capsys.readouterr().err
    assert printed.startswith("reprise upgrade: ")
    return printed


def test_the_same_files_are_up_to_date(ours: Path, mine: Path, capsys: Captured) -> None:
    head = git(mine, "rev-parse", "HEAD", "vendor")
    run(ours)
    change(ours, "Nothing that mine has", **{"CHANGELOG.md": "# Changelog\n"})
    run(ours)
    assert git(mine, "rev-parse", "HEAD", "vendor") == head
    assert capsys.readouterr().out.count("up to date: Reprise 0.1.0 (") == 2


def test_both_sides_are_kept(ours: Path, mine: Path, capsys: Captured) -> None:
    own = (mine / "params.yaml").read_text("utf-8").replace("epochs: 20", "epochs: 7 ")
    edits = {"stages/net.py": BEHIND.replace("C = 3", "C = 4"), "README.md": "# My own\n"}
    change(mine, "Mine", **{"params.yaml": own, "stages/own.py": "", **edits})
    theirs = PARAMS.replace("# passes", "# epochs").replace("  lr:", "  rest: 1\n  lr:")
    log = "# Changelog\n\n## Unreleased\n\n- New.\n- Old.\n"
    newer = {"stages/net.py": BEHIND.replace("A = 1", "A = 9"), "stages/more.py": ""}
    change(ours, "Newer", **{"params.yaml": theirs, "CHANGELOG.md": log, **newer})
    run(ours)
    printed = capsys.readouterr().out
    assert "  - New." in printed
    assert "Old." not in printed
    assert "train.rest is new: 1" in printed
    assert "no stage has run here yet" in printed
    assert git(mine, "status", "--porcelain") == ""
    assert (mine / "stages/net.py").read_text("utf-8") == "A = 9\nB = 2\n\n\nC = 4\n"
    assert (mine / "README.md").read_text("utf-8") == "# My own\n"
    expected = own.replace("# passes", "# epochs").replace("  lr:", "  rest: 1\n  lr:")
    assert (mine / "params.yaml").read_text("utf-8") == expected
    assert git(mine, "diff", "--name-only", "vendor").split() == [
        *(".dvc/config", "README.md", "params.yaml", "stages/net.py", "stages/own.py")
    ]
    run(ours)
    assert "up to date" in capsys.readouterr().out
    git(mine, "reset", "-q", "--hard", "HEAD^")
    run(ours)
    assert (mine / "stages/more.py").exists()


def test_a_conflict_is_git_s_and_params_yaml_is_none(
    ours: Path, mine: Path, capsys: Captured
) -> None:
    own = (mine / "params.yaml").read_text("utf-8").replace("# passes", "# rounds")
    change(mine, "Mine", **{"stages/net.py": "A = 5\n", "params.yaml": own})
    theirs = PARAMS.replace("# passes", "# epochs")
    change(ours, "Newer", **{"stages/net.py": "A = 6\n", "params.yaml": theirs})
    run(ours, code=1)
    printed = capsys.readouterr().out
    assert "both you and Reprise changed these" in printed
    assert "\n  stages/net.py\n" in printed
    assert (mine / "params.yaml").read_text("utf-8") == own
    run(ours, code=1)
    assert "a merge has begun" in capsys.readouterr().err
    change(mine, "Upgraded", **{"stages/net.py": "A = 7\n"})
    run(ours)
    assert "up to date" in capsys.readouterr().out


def test_versions_are_reprise_s_where_both_changed_them(ours: Path, mine: Path) -> None:
    change(mine, "Mine", **{"versions.yaml": 'numpy: "3"\n'})
    change(ours, "Newer", **{"versions.yaml": 'numpy: "4"\n'})
    run(ours)
    assert (mine / "versions.yaml").read_text("utf-8") == 'numpy: "4"\n'


def test_a_clone_without_the_branch_is_upgraded(
    ours: Path, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "clone", "-q", "--branch", "main", "--single-branch", str(mine), "theirs")
    monkeypatch.chdir(tmp_path / "theirs")
    change(ours, "Newer", **{"stages/more.py": ""})
    run(ours)
    assert (tmp_path / "theirs/stages/more.py").exists()
    assert "stages/more.py" in git(tmp_path / "theirs", "ls-tree", "-r", "--name-only", "vendor")


def test_what_is_not_committed_is_not_merged_into(ours: Path, mine: Path, capsys: Captured) -> None:
    change(ours, "Newer", **{"stages/more.py": ""})
    (mine / "stages/net.py").write_text("A = 3\n", "utf-8")
    assert "stages/net.py: changed, not committed" in refused(capsys, ours)


def test_a_file_that_git_would_overwrite_is_named(ours: Path, mine: Path, capsys: Captured) -> None:
    change(ours, "Newer", **{"stages/more.py": ""})
    (mine / "stages/more.py").write_text("mine\n", "utf-8")
    told = refused(capsys, ours)
    assert "git merge failed, and nothing has changed" in told
    assert "stages/more.py" in told


def test_the_branch_of_reprise_is_not_merged_into(ours: Path, mine: Path, capsys: Captured) -> None:
    change(ours, "Newer", **{"stages/more.py": ""})
    git(mine, "switch", "-q", "vendor")
    assert "branch vendor is Reprise's alone" in refused(capsys, ours)


@pytest.mark.parametrize(
    ("options", "told"),
    [(["--rev", "v9"], "v9 is no tag"), (["--from", "../photos"], "is no clone of Reprise")],
)
def test_a_wrong_option_changes_nothing(
    ours: Path, capsys: Captured, options: list[str], told: str
) -> None:
    assert told in refused(capsys, ours, *options)


def test_where_it_came_from_is_asked_where_that_was_a_folder(capsys: Captured) -> None:
    assert upgrade.main([]) == 1
    assert "which Reprise? `--from` names" in capsys.readouterr().err


def test_an_address_is_remembered_without_its_secret(ours: Path, tmp_path: Path) -> None:
    git(ours, "remote", "add", "origin", "https://me:secret@example.com/reprise.git")
    assert new.main([str(tmp_path / "third"), "--from", str(ours), "--yes"]) == 0
    message = git(tmp_path / "third", "log", "-1", "--format=%B", "vendor")
    assert "Reprise-Address: https://example.com/reprise.git" in message
    assert "secret" not in message


def test_another_repository_is_none_to_upgrade(
    ours: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ours)
    assert upgrade.main(["--from", str(ours)]) == 1
    assert "`reprise new` did not make this repository" in capsys.readouterr().err
    monkeypatch.chdir(ours.with_name("photos"))
    assert upgrade.main([]) == 1
    assert "it runs in a folder of Reprise" in capsys.readouterr().err


def test_the_outlook_says_code_parameters_and_data() -> None:
    said: list[object] = [
        {"changed deps": {"stages/nets": "modified", "params.yaml": {"train.lr": "modified"}}},
        {"changed deps": {"data/splits": "modified"}},
    ]
    assert reasons(parsed(said)) == [
        "code (stages/nets)",
        "parameters and versions (train.lr)",
        "data (data/splits)",
    ]
    assert not only_code(parsed(said))
    assert only_code(parsed([{"changed deps": {"stages/nets": "modified"}}]))
    assert reasons(parsed(["changed command"])) == ["its command (dvc.yaml)"]
