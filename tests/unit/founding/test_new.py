"""`reprise new`: what is made, and that a mistake is one message and leaves nothing."""

import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import founded
import pytest
from configobj import ConfigObj  # type: ignore[import-untyped]
from founded import git
from ruamel.yaml import YAML

from reprise.command_table import COMMANDS
from reprise.founding import asking, fast_import, new
from reprise.founding.next_steps import FETCHED, LITE0
from reprise.founding.parameter_lines import values
from reprise.founding.pristine import is_kept

ROOT = Path(__file__).parents[3]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
Captured = pytest.CaptureFixture[str]
# What a repository of one's own has none of. A new entry at the top goes here or into kept.txt.
LEFT = {
    ".ci", ".devcontainer", ".github", ".pre-commit-config.yaml", "CHANGELOG.md", "CITATION.cff",
    "CONTRIBUTING.md", "Makefile", "README.md", "benchmarks", "dvc.lock", "metrics", "mkdocs.yml",
    "pytest.ini", "site", "template", "tests", "uv.lock",
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in founded.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    founded.origin(tmp_path / "ours")
    (tmp_path / "photos" / "a").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*options: str, code: int = 0) -> None:
    assert new.main(["mine", "--from", "ours", *options]) == code


def complaint(capsys: Captured, *options: str) -> str:
    capsys.readouterr()
    make(*options, code=1)
    printed = capsys.readouterr().err
    assert printed.startswith("reprise new: ")
    assert not [*Path().glob(".*.partial")]
    return printed


def test_two_branches_and_nothing_of_ours(here: Path, capsys: Captured) -> None:
    make("--images", "photos")
    mine = here / "mine"
    files = git(mine, "ls-files").splitlines()
    assert {path.split("/")[0] for path in files} == {
        *(".dvc", "README.md", "constraints.txt", "dvc.yaml", "params.yaml", "pyproject.toml"),
        *("recipes", "stages", "tests", "tools", "versions.yaml"),
    }
    assert "tests/test_own.py" in files
    assert "tests/test_ours.py" not in files
    assert git(mine, "status", "--porcelain") == ""
    assert git(mine, "branch", "--format=%(refname:short)").split() == ["main", "vendor"]
    changed = git(mine, "diff", "--name-only", "vendor", "main").split()
    assert changed == [".dvc/config", "README.md", "params.yaml"]
    assert (mine / "stages/net.py").read_bytes() == (here / "ours/stages/net.py").read_bytes()
    told = capsys.readouterr().out
    assert told.endswith("README.md there has the rest:\n  cd mine\n  make repro\n")
    assert "warning" not in told


def test_the_answers_are_set(here: Path) -> None:
    make("--images", "photos", "-S", "train.epochs=3", "--remote", "s3://bucket/mine")
    params = (here / "mine/params.yaml").read_text("utf-8")
    assert f"  path: {here / 'photos'}" in params
    assert "  dataset: folder " in params
    assert "  lr: 0.003             # learning rate (number > 0)" in params
    assert "  epochs: 3             # passes" in params
    assert (here / "mine/README.md").read_text("utf-8") == "# mine\n\nWords.\n"
    assert "url = s3://bucket/mine\n" in (here / "mine/.dvc/config").read_text("utf-8")


@pytest.mark.parametrize(
    ("images", "lines"),
    [
        ("https://example.com/a.zip", ['address: "https://example.com/a.zip"', "dataset: folder"]),
        ("photos/a.csv", ["dataset: table", "table: a.csv"]),
        ("photos/a.zip", ["dataset: folder"]),
    ],
)
def test_images_may_be_elsewhere_or_in_a_table(here: Path, images: str, lines: list[str]) -> None:
    if "://" not in images:
        with zipfile.ZipFile(here / images, "w"):
            pass
    make("--images", images)
    params = (here / "mine/params.yaml").read_text("utf-8")
    assert all(f"  {line}" in params for line in lines)


def test_the_recipe_says_what_it_needs(capsys: Captured) -> None:
    make("--recipe", "tuned")
    printed = capsys.readouterr().out
    assert "before it runs: your images in its folder data/source" in printed
    assert "before it runs: models/source/a.pth; docs/data.md says where to get it" in printed
    assert printed.endswith("  cd mine\n  make repro\n")


def test_weights_are_fetched_between_what_is_installed_and_the_run(capsys: Captured) -> None:
    make("--recipe", "tuned", "-S", f"train.weights={LITE0}")
    printed = capsys.readouterr().out
    assert "before it runs: models" not in printed
    steps = printed.partition("the rest:\n")[2].splitlines()
    assert [step.strip() for step in steps] == ["cd mine", *FETCHED[LITE0], "make repro"]


def test_the_weights_of_all_recipes_and_how_to_get_them_are_known() -> None:
    named = {values(path.read_text("utf-8")).get("train.weights") for path in RECIPES}
    assert {one.text for one in named if one and "/" in one.text} == {*FETCHED}
    documented = (ROOT / "docs/data.md").read_text("utf-8").splitlines()
    assert {line for lines in FETCHED.values() for line in lines[2:]} <= {*documented}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--recipe", "photo"], "recipe photo is unknown; did you mean photos?"),
        (["--recipe", "x"], "known are: photos, digits, tuned"),
        (["--images", "nowhere"], "nowhere is not there; name a folder"),
        (["--images", "photos/a"], "is an empty folder"),
        (["-S", "train.epoch=3"], "-S train.epoch: is no parameter; did you mean train.epochs?"),
        (["-S", "train.lr"], "write section.parameter=value"),
        (["-S", "train.lr="], "-S train.lr: has no value; null for none"),
        (["-S", "=abc"], "is no parameter"),
        (["-S", "train.epochs=["], "-S train.epochs: [: is no one value; write a number"),
        (["-S", "train.epochs=1\n  seed: 5"], "has a control character"),
        (["--images", "file"], "is no archive and no table; name a folder"),
        (["--images", "ftp://example.com/a.zip"], "is no address of images; it begins with http:/"),
        (
            ["--images", "https://me:secret@example.com/a.zip"],
            "a password in it would be committed",
        ),
        (["--images", "~nobody-of-this-name/x"], "name another place"),
        (["--images", "a" * 300], "File name too long; name another place"),
        (["--remote", "https://me:secret@example.com/a"], "a password in it would be committed"),
        (["--remote", "a\nb"], "has a control character"),
        (["--rev", "v9"], "v9 is no tag, branch or commit of"),
        (["--rev=--all"], "--all is no tag, branch or commit of"),
        (["--from", "photos"], "--from photos: is no clone of Reprise"),
        (["--from", "https://127.0.0.1:9/me:secret@x"], "cannot be cloned"),
    ],
)
def test_a_wrong_option_is_told(
    here: Path, capsys: Captured, options: list[str], told: str
) -> None:
    (here / "file").write_text("# Words\n", "utf-8")
    printed = complaint(capsys, *options)
    assert told in printed
    assert "//me:secret@" not in printed
    assert not Path("mine").exists()


@pytest.mark.parametrize(
    "name",
    ["n/storage", "n/a, b", "n/it's", 'n/a "b"', "n/a #b", "größe", r"C:\data\x", "s3://b/x"],
)
def test_dvc_finds_the_remote_where_it_was_meant(here: Path, name: str) -> None:
    (here / "ours/.dvc").mkdir(exist_ok=True)
    make("--remote", name)
    written = ConfigObj(str(here / "mine/.dvc/config"), encoding="utf-8")['remote "storage"']
    assert written["url"] == (name if name[1] in ":3" else str(here / name))


@pytest.mark.parametrize("name", ["a" * 300, os.fsdecode(b"gr\xf6sse"), "~nobody-of-this-name/x"])
def test_a_name_that_cannot_be_is_told(here: Path, capsys: Captured, name: str) -> None:
    before = sorted(here.iterdir())
    assert new.main([name, "--from", "ours"]) == 1
    assert capsys.readouterr().err.startswith("reprise new: ")
    assert sorted(here.iterdir()) == before


def test_a_long_name_is_none_too_long(here: Path) -> None:
    assert new.main(["ö" * 120, "--from", "ours"]) == 0
    assert (here / ("ö" * 120) / "params.yaml").exists()


def test_a_damaged_clone_is_told(here: Path, capsys: Captured) -> None:
    name = git(here / "ours", "rev-parse", "HEAD:stages/net.py")
    (here / f"ours/.git/objects/{name[:2]}/{name[2:]}").unlink()
    assert "clone is damaged, stages/net.py is missing in it" in complaint(capsys)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_what_cannot_be_printed_is_told() -> None:
    command = [sys.executable, "-m", "reprise", "new", "größe", "--from", "ours"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"gr\xf6\xdfe: a repository of your own" in done.stdout
    command[4] = "full"
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(command, env=env, stdout=full, stderr=-1, text=True, check=False)
    assert (told.returncode, told.stderr) == (
        1,
        "reprise new: standard output: No space left on device\n",
    )


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows ends it at once")
def test_what_is_ended_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = sorted(here.iterdir())
    monkeypatch.setattr(fast_import, "commit", ended)
    with pytest.raises(SystemExit, match="143"):
        new.main(["mine", "--from", "ours"])
    assert sorted(here.iterdir()) == before
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_folder_without_folders_and_a_parquet_file(here: Path, capsys: Captured) -> None:
    (here / "flat").mkdir()
    (here / "flat/ants_1.jpg").touch()
    make("--images", "flat")
    assert "flat has no folders in it, but each class is one" in capsys.readouterr().out
    (here / "a.parquet").write_bytes(b"PAR1PAR1")
    assert new.main(["other", "--from", "ours", "--images", "a.parquet"]) == 0
    params = (here / "other/params.yaml").read_text("utf-8")
    assert "  dataset: parquet " in params
    assert f"  path: {here / 'a.parquet'} " in params


def test_a_folder_in_use_is_refused(here: Path, capsys: Captured) -> None:
    (here / "mine").mkdir()
    make()  # empty: it is taken
    assert "is there, and is not empty" in complaint(capsys)
    assert new.main(["ours/inner", "--from", "ours"]) == 1
    assert "is in Reprise's own clone; name a folder beside it, as ../inner" in (
        capsys.readouterr().err
    )
    (here / "file").touch()
    assert new.main(["file", "--from", "ours"]) == 1
    assert new.main(["no/where", "--from", "ours"]) == 1
    told = capsys.readouterr().err
    assert "file is a file; name a folder" in told
    assert "no is no folder; make it first" in told


def test_without_git_or_a_name_nothing_is_made(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in founded.ENVIRONMENT:
        if "CONFIG" not in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.useConfigOnly")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    assert "Git does not know who you are; `git config" in complaint(capsys)
    monkeypatch.setenv("PATH", "")
    assert "git is not installed" in complaint(capsys)
    assert not Path("mine").exists()


def test_what_is_not_committed_is_not_taken(here: Path, capsys: Captured) -> None:
    (here / "ours/stages/net.py").write_text("A = 9\n", "utf-8")
    make()
    assert "not taken: what is changed in" in capsys.readouterr().out
    assert "A = 1" in (here / "mine/stages/net.py").read_text("utf-8")


def test_an_earlier_revision_is_taken(here: Path) -> None:
    git(here / "ours", "tag", "v1")
    founded.change(here / "ours", "Newer", **{"stages/net.py": "A = 5\n"})
    make("--rev", "v1")
    assert "A = 1" in (here / "mine/stages/net.py").read_text("utf-8")


def test_an_older_reprise_is_refused(here: Path, capsys: Captured) -> None:
    founded.change(here / "ours", "Older", **{"template/kept.txt": None})
    assert "has no template/kept.txt" in complaint(capsys)


def test_what_is_asked_is_asked_again(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["nowhere", "photos", "phot", ""])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    make()
    assert "nowhere is not there" in capsys.readouterr().err
    params = (here / "mine/params.yaml").read_text("utf-8")
    assert f"  path: {here / 'photos'}" in params
    assert "lr: 0.003" in params


def test_an_input_that_ends_makes_nothing(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", ended)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert "the input has ended, and nothing was made" in complaint(capsys)


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import reprise.command, "
    names = ", ".join(f"reprise.founding.{name}" for name in ("new", "upgrade"))
    found = f"{code}{names}; print(*{{name.split('.')[0] for name in sys.modules}})"
    loaded = subprocess.check_output([sys.executable, "-I", "-S", "-c", found], text=True).split()
    assert {*loaded} - {*sys.stdlib_module_names, "__main__", "reprise"} <= {"_frozen_importlib"}


def test_every_entry_of_this_repository_is_kept_or_left_on_purpose() -> None:
    patterns = [
        line
        for line in (ROOT / "template/kept.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    listed = git(ROOT, "ls-files").splitlines()
    kept = {path.split("/")[0] for path in listed if is_kept(path, patterns)}
    assert not kept & LEFT
    assert {path.split("/")[0] for path in listed} - kept - LEFT == set()
    for pattern in patterns:
        assert any(is_kept(path, [pattern]) for path in listed), f"{pattern}: nothing is"


def test_the_default_recipe_is_there() -> None:
    assert (ROOT / f"recipes/{asking.DEFAULT}.yaml").is_file()


def test_its_workflow_runs_what_its_makefile_has() -> None:
    files = ROOT / "template/files"
    steps = YAML(typ="safe").load(files / ".github/workflows/check.yaml")["jobs"]["check"]["steps"]
    commands = [step["run"].split() for step in steps if "run" in step]
    assert [command[:2] for command in commands] == [["make", ".venv/tested"], ["make", "check"]]
    rules = (files / "Makefile").read_text("utf-8").splitlines()
    assert all(any(rule.startswith(f"{target}:") for rule in rules) for _, target, *_ in commands)


def test_its_makefile_and_pages_name_commands_that_are_there() -> None:
    for path in ("Makefile", "README.md"):
        text = (ROOT / "template/files" / path).read_text("utf-8")
        called = {*re.findall(r"(?:`|-m )reprise ([a-z][\w-]*)", text)}
        assert called
        assert called <= COMMANDS.keys()


def test_what_messages_call_for_is_in_its_makefile() -> None:
    both = (ROOT / "template/files/Makefile", ROOT / "install.mk")
    makefile = "".join(path.read_text("utf-8") for path in both).replace("\\\n", " ")
    listed = re.findall(r"^(?:COMMANDS =|\.PHONY:)(.*)$", makefile, re.MULTILINE)
    targets = {*" ".join(listed).split(), ".venv/installed"}
    asked = {
        (target, str(path))
        for package in ("reprise", "stages", "tools", "recipes", "data", "models/source")
        for path in (ROOT / package).rglob("*.*")
        if path.suffix in {".py", ".yaml", ".md"}
        for target in re.findall(r"`make ([a-z][a-z-]*)", path.read_text("utf-8"))
    }
    assert {place for target, place in asked if target not in targets} == set()
