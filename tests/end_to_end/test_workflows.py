"""The steps of GitHub's workflows, run as GitHub runs them, `uses:` and the service left out."""

import os
import re
import subprocess
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
    assert targets == [".venv/developed", "lint", "test", "lock", "verify"]
    checkout = clone("pushed")
    for target in targets:
        checkout.run("make", "--dry-run", target)


def released(folder: Path, tag: str) -> subprocess.CompletedProcess[str]:
    """Run what the workflow of a release does before it builds, for a tag of this version."""
    commands = [str(step["run"]) for step in steps("release", "release") if "run" in step][:2]
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(commands)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """Return a folder at version 1.2.3, with the changes of two versions."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n', "utf-8")
    lines = "# Changelog\n\n## 1.2.3\n\n- New.\n\n## 1.2.3-rc1\n\n- Tried.\n\n## 1.2.2\n\n- Old.\n"
    (tmp_path / "CHANGELOG.md").write_text(lines, "utf-8")
    return tmp_path


def test_a_release_has_the_changes_of_its_version_alone(version: Path) -> None:
    assert released(version, "v1.2.3").returncode == 0
    assert (version / "notes.md").read_text("utf-8") == "\n- New.\n\n"


def test_a_tag_of_another_version_is_no_release(version: Path) -> None:
    ended = released(version, "v1.2.4")
    assert (ended.returncode, ended.stdout) == (1, "tag v1.2.4, pyproject.toml 1.2.3\n")


def test_a_version_without_changes_is_no_release(version: Path) -> None:
    (version / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- New.\n", "utf-8")
    ended = released(version, "v1.2.3")
    assert (ended.returncode, ended.stdout) == (1, "CHANGELOG.md has no lines under ## 1.2.3\n")
