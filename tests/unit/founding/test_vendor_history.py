"""`reprise upgrade` after a rebase, a squash, an interruption: nothing of the user's is lost."""

import signal
import subprocess
import sys
from pathlib import Path

import founded
import pytest
from founded import PARAMS, change, git

from reprise.founding import upgrade, vendor_branch
from reprise.founding.plumbing import Git

Captured = pytest.CaptureFixture[str]
YOURS = {"NOTES.md": "Mine.\n", "stages/custom.py": "B = 2\n", "README.md": "# My own\n"}


@pytest.fixture(autouse=True)
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return founded.both(tmp_path, monkeypatch)


@pytest.fixture
def mine(ours: Path) -> Path:
    return ours.with_name("mine")


def run(ours: Path, code: int = 0) -> None:
    assert upgrade.main(["--from", str(ours)]) == code


def test_what_is_yours_stays_after_a_rebase(ours: Path, mine: Path, capsys: Captured) -> None:
    shared = mine.with_name("shared")
    git(mine.parent, "clone", "-q", "--bare", str(mine), str(shared))
    git(mine, "remote", "add", "origin", str(shared))
    git(mine, "fetch", "-q")
    git(mine, "branch", "-q", "--set-upstream-to=origin/main")
    change(mine, "Mine", **YOURS)
    git(mine, "push", "-q")
    git(mine.parent, "clone", "-q", str(shared), "theirs")
    change(mine.with_name("theirs"), "A colleague's", **{"COLL.md": "Theirs.\n"})
    git(mine.with_name("theirs"), "push", "-q")
    change(ours, "Newer", **{"stages/more.py": ""})
    run(ours)
    git(mine, "pull", "-q", "--rebase")
    change(ours, "Newest", **{"stages/most.py": ""})
    capsys.readouterr()
    run(ours)
    assert git(mine, "diff", "--name-status", "HEAD^", "HEAD") == "A\tstages/most.py"
    assert "not begun from, as holding yours" in capsys.readouterr().out
    assert git(mine, "diff", "--name-only", "vendor").split() == [
        *(".dvc/config", "COLL.md", "NOTES.md", "README.md", "params.yaml", "stages/custom.py")
    ]


def squashed(ours: Path, mine: Path) -> None:
    """Upgrade on a branch that is merged as one commit, with the messages of all."""
    git(mine, "switch", "-q", "-c", "up")
    change(mine, "Mine", **YOURS)
    change(ours, "Newer", **{"stages/more.py": ""})
    run(ours)
    messages = git(mine, "log", "--format=* %B", "main..up")
    git(mine, "switch", "-q", "main")
    git(mine, "merge", "-q", "--squash", "up")
    git(mine, "commit", "-qm", f"Upgrade (#1)\n\n{messages}")


def test_what_is_yours_stays_after_a_squash(ours: Path, mine: Path) -> None:
    squashed(ours, mine)
    change(ours, "Newest", **{"stages/most.py": ""})
    run(ours)
    assert git(mine, "diff", "--name-status", "HEAD^", "HEAD") == "A\tstages/most.py"


@pytest.mark.parametrize("tree", [True, False])
def test_where_no_commit_of_reprise_is_left_it_refuses(
    ours: Path, mine: Path, capsys: Captured, *, tree: bool
) -> None:
    message = git(mine, "log", "-1", "--format=%B", "vendor")
    if not tree:
        message = message[: message.index(vendor_branch.TREE)]
    change(mine, "Mine", **YOURS)
    once = git(mine, "commit-tree", "HEAD^{tree}", "-m", "Mine")
    again = git(mine, "commit-tree", "HEAD^{tree}", "-p", once, "-m", message)
    git(mine, "reset", "-q", "--hard", again)
    change(ours, "Newer", **{"stages/more.py": ""})
    run(ours, code=1)
    told = capsys.readouterr().err
    assert f"{again[:7]} names a commit of Reprise, but holds other files than that" in told
    assert git(mine, "rev-parse", "HEAD") == again
    git(mine, *told.partition("`git ")[2].partition("`")[0].split())  # what it calls for
    run(ours)
    assert git(mine, "diff", "--name-status", "HEAD^", "HEAD") == "A\tstages/more.py"


def test_a_commit_from_before_trees_were_named_is_begun_from(ours: Path, mine: Path) -> None:
    message = git(mine, "log", "-1", "--format=%B", "vendor")
    former = message[: message.index(vendor_branch.TREE)]
    root = git(mine, "commit-tree", "vendor^{tree}", "-m", former)
    again = git(mine, "commit-tree", "main^{tree}", "-p", root, "-m", "Mine")
    git(mine, "reset", "-q", "--hard", again)
    assert vendor_branch.last(Git(mine)).commit == root
    change(ours, "Newer", **{"stages/more.py": ""})
    run(ours)
    assert git(mine, "diff", "--name-status", "HEAD^", "HEAD") == "A\tstages/more.py"


def test_a_shallow_clone_is_told_to_fetch(
    ours: Path, mine: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(mine.parent, "clone", "-q", "--depth=1", f"file://{mine}", "shallow")
    monkeypatch.chdir(mine.with_name("shallow"))
    run(ours, code=1)
    assert "shallow clone, without the commits of Reprise; `git fetch --unshallow`" in (
        capsys.readouterr().err
    )
    git(Path(), "fetch", "-q", "--unshallow")
    run(ours)


def test_commits_of_yours_on_the_branch_of_reprise_are_not_left(
    ours: Path, mine: Path, capsys: Captured
) -> None:
    git(mine, "switch", "-q", "vendor")
    change(mine, "Mine", **YOURS)
    git(mine, "switch", "-q", "main")
    change(ours, "Newer", **{"stages/more.py": ""})
    before = state(mine)
    run(ours, code=1)
    assert "has commits of yours that are merged nowhere; `git branch -m vendor mine`" in (
        capsys.readouterr().err
    )
    assert state(mine) == before
    git(mine, "branch", "-m", "vendor", "own")
    run(ours)


def state(mine: Path) -> list[str]:
    assert not (mine / ".git/MERGE_HEAD").exists()
    return [git(mine, "rev-parse", "HEAD", "vendor"), git(mine, "status", "--porcelain")]


STOPPED = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from reprise.founding import merging, upgrade
write, (name, ours) = merging._write, sys.argv[1:]
def stopped(place, text):
    write(place, text[:10])
    os.kill(os.getpid(), getattr(signal, name))
merging._write = stopped
sys.exit(upgrade.main(["--from", ours]))
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_merge_that_is_stopped_is_taken_back(ours: Path, mine: Path, name: str) -> None:
    theirs = PARAMS.replace("epochs: 20", "epochs: 30").replace("  lr:", "  rest: 1\n  lr:")
    change(ours, "Newer", **{"params.yaml": theirs, "stages/more.py": ""})
    before = state(mine)

    # In a process of its own: another thread of this one could take the signal.
    command = [sys.executable, "-c", STOPPED, name, str(ours)]
    ended = subprocess.run(command, cwd=mine, capture_output=True, check=False)
    assert ended.returncode != 0
    assert state(mine) == before
    run(ours)
    assert "epochs: 20" in (mine / "params.yaml").read_text("utf-8")


def test_a_commit_that_git_refuses_takes_all_back(
    ours: Path, mine: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(ours, "Newer", **{"stages/more.py": ""})
    before = state(mine)
    for key, value in {"COUNT": "2", "KEY_0": "commit.gpgsign", "VALUE_0": "true"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{key}", value)
    monkeypatch.setenv("GIT_CONFIG_KEY_1", "gpg.program")
    monkeypatch.setenv("GIT_CONFIG_VALUE_1", "/no/such/program")
    run(ours, code=1)
    told = capsys.readouterr().err
    assert "git commit failed: a hook or a setting of Git refuses it, and the upgrade" in told
    assert "/no/such/program" in told
    assert state(mine) == before


def test_what_takes_an_upgrade_back_takes_the_branch_back(
    ours: Path, mine: Path, capsys: Captured
) -> None:
    change(mine, "Mine", **{"stages/net.py": "A = 5\n"})
    change(ours, "Newer", **{"stages/net.py": "A = 6\n"})
    before = state(mine)
    run(ours, code=1)
    _back(mine, capsys)
    assert state(mine) == before
    change(mine, "Mine", **{"stages/net.py": founded.FILES["stages/net.py"]})
    before = state(mine)
    run(ours)
    _back(mine, capsys)
    assert state(mine) == before


def _back(mine: Path, capsys: Captured) -> None:
    line = capsys.readouterr().out.splitlines()[-1]
    for command in line.partition("`")[2].partition("`")[0].split(" && "):
        git(mine, *command.split()[1:])
