"""The command `reprise`: its help, what it runs and where, and what it says of mistakes."""

import json
import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from reprise import command, completion, repository, tool_parsers
from reprise.command import main
from reprise.command_table import COMMANDS
from reprise.repository import MARKS, PlaceError
from reprise.standing import reached

ROOT = Path(__file__).parents[3]
Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_has_every_command_in_a_line(word: str, capsys: Captured) -> None:
    assert main([word]) == 0
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [*COMMANDS]
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 79


def test_without_a_command_the_help_is_an_error(capsys: Captured) -> None:
    assert main([]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", command.page() + "\n")


def test_the_version_is_told(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("reprise ")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("comprae", "did you mean `reprise compare`? "),
        ("Predict", "did you mean `reprise predict`? "),
        ("verify_cache", "did you mean `reprise verify-cache`? "),
        ("--verion", "did you mean `reprise --version`? "),
        ("xyz", "there is no command xyz; `reprise --help`"),
        ("\x1b[2J", "there is no command \\x1b[2J;"),
    ],
)
def test_an_unknown_command_is_told_with_the_nearest(
    word: str, told: str, capsys: Captured
) -> None:
    assert main([word]) == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert len(printed.splitlines()) == 2


@pytest.mark.parametrize("name", [name for name, one in COMMANDS.items() if one.is_tool])
def test_every_tool_is_there(name: str) -> None:
    assert find_spec(COMMANDS[name].module)


@pytest.mark.parametrize("name", [name for name, one in COMMANDS.items() if not one.is_tool])
def test_every_command_of_the_package_has_help(name: str, capsys: Captured) -> None:
    module = COMMANDS[name].module
    if not (ROOT / module.replace(".", "/")).with_suffix(".py").exists():
        pytest.skip("another part of the project")
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    assert capsys.readouterr().out.startswith(f"usage: reprise {name}")


def test_the_makefile_names_commands_that_are_there() -> None:
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    called = [line.split("-m reprise ")[1].split()[0] for line in lines if "-m reprise " in line]
    assert len(called) > 10
    assert {*called} <= {*COMMANDS}


def test_exit_codes_and_ctrl_c_are_passed_on(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    from reprise import predict  # noqa: PLC0415

    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(predict, "main", len)
    assert main(["predict", "a", "b", "--c"]) == 3
    monkeypatch.setattr(predict, "main", interrupt)
    assert main(["predict"]) == 130
    assert capsys.readouterr().err == "stopped\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a repository with a tool that tells how it was called."""
    root = tmp_path / "project"
    for mark in MARKS:
        (root / mark).parent.mkdir(parents=True, exist_ok=True)
        (root / mark).touch()
    (root / "deep/er").mkdir(parents=True)
    (root / "tools/search.py").write_text(
        "import json, os, sys, time\n"
        "print(json.dumps([sys.argv[1:], os.getcwd(), os.environ['PATH']]), flush=True)\n"
        "time.sleep(60 * ('wait' in sys.argv))\n"
        "sys.exit(7)\n"
    )
    return root


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "reprise", *arguments], cwd=folder, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("folder", [".", "deep/er"])
def test_a_tool_runs_in_its_repository_with_all_arguments(project: Path, folder: str) -> None:
    process = started(project / folder, "search", "--jobs", "2", "x y", "--", "-z")
    out, err = process.communicate(timeout=60)
    given, place, path = json.loads(out)
    assert (process.returncode, err) == (7, "")
    assert given == ["run", "--jobs", "2", "x y", "--", "-z"]
    assert place == str(project)
    assert path.split(os.pathsep)[0] == str(Path(sys.executable).parent)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_tool(project: Path, sent: signal.Signals) -> None:
    process = started(project, "search", "wait")
    assert process.stdout
    assert process.stdout.readline()
    process.send_signal(sent)
    process.communicate(timeout=30)
    assert process.returncode in {-sent, 128 + sent}


def test_the_environment_of_the_repository_comes_first(project: Path) -> None:
    assert repository.python(project) == Path(sys.executable)
    own = project / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    own.touch()
    assert repository.python(project) == own


def test_outside_of_a_repository_there_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["folds", "5"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("reprise folds: it runs in a folder of Reprise")
    assert len(printed.err.splitlines()) == 1


def test_without_the_pipeline_the_remedy_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "find_spec", lambda _: None)
    with pytest.raises(PlaceError, match=r"`pip install -c constraints\.txt -e"):
        repository.python(project)


@pytest.fixture(scope="module")
def offers() -> str:
    """Return what bash reads."""
    command = [sys.executable, "-m", "reprise", "completion", "bash"]
    return subprocess.check_output(command, text=True, cwd=ROOT)


def completed(line: str, script: str) -> list[str]:
    """Return what bash offers at the end of a line."""
    words = line.split(" ")
    script += (
        f"\nCOMP_WORDS=({' '.join(words)} ); COMP_CWORD={len(words) - 1}; "
        f"[ {len(words)} -gt ${{#COMP_WORDS[@]}} ] && COMP_WORDS+=('')\n"
        f"_shtab_{words[0].replace('-', '_')} 2>/dev/null"
        '; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    return subprocess.check_output(["bash", "-c", script], text=True, cwd=ROOT).split()


@pytest.mark.skipif(os.name != "posix", reason="needs bash")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("reprise ver", ["verify", "verify-cache", "versions"]),
        ("reprise predict --thr", ["--threads", "--threshold"]),
        ("reprise predict --format j", ["jsonl"]),
        ("reprise completion z", ["zsh"]),
        ("reprise demo --", ["--help", "--model", "--name", "--runtime"]),
        ("reprise repeat --s", ["--splits"]),
        ("reprise search --st", ["--storage"]),
        ("reprise experiments --sort l", ["loss"]),
        ("reprise verify r", ["raw"]),
        ("reprise search ", ["apply", "board"]),
        ("reprise search apply --f", ["--file"]),
        ("reprise-predict --thr", ["--threads", "--threshold"]),
        ("reprise-predict --format j", ["jsonl"]),
    ],
)
def test_bash_completes_commands_and_options(line: str, expected: list[str], offers: str) -> None:
    assert sorted(completed(line, offers)) == expected


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_shell_gets_all_commands(shell: str, capsys: Captured) -> None:
    assert completion.main([shell]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in COMMANDS)
    assert all(option in printed for option in ("threshold", "explain", "runtime", "storage"))


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_shell_gets_the_other_program(shell: str, capsys: Captured) -> None:
    assert completion.main([shell, "reprise-predict"]) == 0
    printed = capsys.readouterr().out
    assert "_shtab_reprise_predict" in printed
    assert "threshold" in printed
    assert "find-lr" not in printed


def test_the_options_of_every_command_are_completed() -> None:
    assert {*completion.PARSERS} == {*COMMANDS}, "a command lacks its parser in completion.PARSERS"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_usage_is_that_of_the_command(name: str) -> None:
    told = completion.PARSERS[name]().format_help()
    assert told.startswith(f"usage: reprise {name} ")
    assert "make " not in told
    assert "python -m tools" not in told


@pytest.mark.parametrize("name", tool_parsers.ARGUMENTS)
def test_the_help_of_a_tool_needs_no_repository(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    assert capsys.readouterr().out.startswith(f"usage: reprise {name} ")


@pytest.mark.parametrize(
    ("words", "meant"), [(("search", "aply"), "search-apply"), (("verify", "cach"), "verify-cache")]
)
def test_a_misspelt_second_word_is_told(
    words: tuple[str, str], meant: str, capsys: Captured
) -> None:
    assert main([*words]) == 2
    assert capsys.readouterr().err.endswith(f"did you mean `reprise {meant}`?\n")


def test_what_another_program_knows_is_passed_on(capsys: Captured) -> None:
    parser = tool_parsers.parser("experiments")
    given, rest = parser.read_some(["-A", "--sort-by", "x", "--num=5", "--all-tags"])
    assert given.all_commits
    assert rest == ["--sort-by", "x", "--num=5", "--all-tags"]
    with pytest.raises(SystemExit, match="2"):
        parser.read_some(["--all-comits"])
    assert "did you mean --all-commits?" in capsys.readouterr().err


def test_paths_are_said_and_shown_from_where_one_stands(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "tools/search.py").write_text(
        "import sys; from pathlib import Path; from reprise.standing import reached, shown\n"
        "print(reached(sys.argv[2]), shown(Path('metrics/page.html')), shown(Path('/a')))\n"
    )
    out, _ = started(project / "deep/er", "search", "x.csv").communicate(timeout=60)
    assert out.split() == [str(Path("deep/er/x.csv")), "../../metrics/page.html", "/a"]
    out, _ = started(project, "search", "x.csv").communicate(timeout=60)
    assert out.split() == ["x.csv", "metrics/page.html", "/a"]
    monkeypatch.setenv("REPRISE_STANDING", "deep")
    assert reached("../y") == Path("y")


def test_two_words_are_a_command_of_two(project: Path) -> None:
    out, _ = started(project, "search", "apply", "--x").communicate(timeout=60)
    assert json.loads(out)[0] == ["apply", "--x"]


def test_nobody_speaks_of_make_or_modules() -> None:
    told = re.compile(r"`make [a-z]|ARGS=|python -m tools\.")
    found = {*(ROOT / "tools").rglob("*.py"), *(ROOT / "reprise").rglob("*.py")}
    # Before anything is installed in a repository of one's own, make is what there is.
    for path in found - {*(ROOT / "reprise/founding").rglob("*.py")}:
        assert not told.search(path.read_text("utf-8")), path


def test_without_shtab_the_remedy_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert completion.main(["bash"]) == 1
    assert capsys.readouterr().err == "reprise completion needs shtab: `pip install shtab`\n"
