"""The steps of GitHub's workflows, run as GitHub runs them, `uses:` and the service left out."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from colleagues import commit, join, move_storage, publish
from conftest import Clone
from ruamel.yaml import YAML
from servers import Server

WORKFLOWS = Path(".github/workflows")
GH = """#!/bin/sh
printf '%s\\n' "$@" > arguments
"""


def steps(workflow: str, job: str) -> list[dict[str, object]]:
    document = YAML(typ="safe").load(WORKFLOWS / f"{workflow}.yaml")
    found: list[dict[str, object]] = document["jobs"][job]["steps"]
    return found


@pytest.fixture
def runner(reproduced: Clone, tmp_path: Path) -> Clone:
    """Return a colleague's clone of a pushed run, installed, with a `gh` that notes what it got."""
    move_storage(reproduced, Server(str(tmp_path / "remote"), {}, {}))
    commit(reproduced, "Run")
    publish(reproduced, tmp_path / "bare.git")
    clone = join(reproduced, tmp_path / "runner")
    (clone.root / ".venv").symlink_to(sys.prefix)
    for name in ("pyproject.toml", "constraints.txt"):
        os.utime(clone.root / name, (0, 0))  # older than the installation
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH, "utf-8")
    (tmp_path / "bin" / "gh").chmod(0o755)
    clone.env |= {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{clone.env['PATH']}",
        "BASE": clone.run("git", "rev-parse", "HEAD").strip(),
        "GITHUB_PATH": str(tmp_path / "path"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "NUMBER": "7",
        "PLOTS": "https://example.com/plots",
    }
    return clone


def play(clone: Clone) -> str:
    """Run every step that is a command; return the report."""
    for step in steps("reproduce", "reproduce"):
        if "run" in step:
            clone.run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", str(step["run"]))
    arguments = (clone.root / "arguments").read_text("utf-8").splitlines()
    assert arguments[:3] == ["pr", "comment", "7"]
    return (clone.root / arguments[-1]).read_text("utf-8")


def test_a_pull_request_is_told_what_it_changed(runner: Clone) -> None:
    runner.params("  tta: none", "  tta: flip")
    commit(runner, "Mirrored, too")
    report = play(runner)
    assert re.search(r"\| params.yaml +\| evaluate.tta +\| none +\| flip +\|", report)
    assert re.search(r"\| metrics/evaluate.json +\| accuracy +\| 0\.\d+ +\| 0\.\d+ +\|", report)
    assert "Older than this commit: run `dvc repro`" in report
    assert report.endswith(
        "[Plots of both](https://example.com/plots): unpack, and open index.html.\n"
    )
    assert (runner.root / "report/plots/index.html").is_file()
    assert "evaluate.tta" in Path(runner.env["GITHUB_STEP_SUMMARY"]).read_text("utf-8")
    assert Path(runner.env["GITHUB_PATH"]).read_text("utf-8") == f"{runner.root}/.venv/bin\n"


def test_a_pull_request_that_changes_no_result_is_told_so(runner: Clone) -> None:
    (runner.root / "README.md").write_text("# Other words\n", "utf-8")
    commit(runner, "Words")
    report = play(runner)
    assert "This commit gives what is in it." in report
    assert "evaluate.json" not in report


def test_what_a_push_starts_is_in_the_makefile(clone: Callable[[str], Clone]) -> None:
    commands = [str(step["run"]) for step in steps("check", "check") if "run" in step]
    targets = [command.split()[1] for command in commands if command.startswith("make ")]
    assert targets == [".venv/installed", "lint", "test", "lock", "verify"]
    checkout = clone("pushed")
    for target in targets:
        checkout.run("make", "--dry-run", target)
