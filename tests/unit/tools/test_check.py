"""What `reprise check` says of dvc.yaml, params.yaml, and files that Git keeps."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import founded
import pytest
from founded import change, git

from reprise.dvc_status import StageStatus, parsed
from stages import sections
from stages.errors import UserError
from tools import check
from tools.checking import dependencies, graph, in_git
from tools.provenance import lockfile
from tools.provenance.lockfile import NOT_RUN


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in founded.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for cached in (dependencies.tree, dependencies.closure, dependencies.needs):
        cached.cache_clear()  # the next test may be about the modules of this repository


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"stages:\n<<<<<<< HEAD\n  a: 1\n", "cannot be read (line "),
        (b"\xff", "cannot be read ("),
        (b"", "has no `stages`"),
        (b"[]", "has no `stages`"),
        (b"plots: []\n", "has no `stages`"),
        (b"stages: []\n", "has no `stages`"),
        (b"stages:\n  train:\n    deps: []\n", "has no stage download with deps"),
        (b"stages:\n  download:\n    deps:\n", "has no stage download with deps"),
        (b"stages:\n  download: x\n", "has no stage download with deps"),
        (None, "cannot be read ("),
    ],
)
def test_a_graph_that_is_none_is_one_message(here: Path, text: bytes | None, told: str) -> None:
    if text is not None:
        (here / "dvc.yaml").write_bytes(text)
    with pytest.raises(UserError) as caught:
        list(graph.findings())
    assert str(caught.value).startswith(f"dvc.yaml: {told}")
    assert "git checkout dvc.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lock_that_is_none_is_one_message(here: Path) -> None:
    place = here / "dvc.lock"
    place.write_bytes(b"\xff")
    with pytest.raises(UserError, match=r"dvc\.lock: cannot be read"):
        lockfile.load(Path("dvc.lock"))
    place.unlink()
    place.mkdir()
    with pytest.raises(UserError, match=r"dvc\.lock: cannot be read \("):
        lockfile.load(Path("dvc.lock"))


RAN = NOT_RUN._replace(
    code={"stages/a.py": "1", "stages/nets": "2"},
    data={"data/mine/x": "3"},
    params={"train.lr": 1, "train.deep.er": 2},
    versions={"torch": "2", "numpy": "2"},
    outs={"models/a": "4", "metrics/a.json": "5", "metrics/a.csv": "6"},
)
NAMED = {
    "deps": ["stages/a.py", "stages/nets", "${train.path}/x"],
    "params": ["train", {"versions.yaml": ["numpy", "torch"]}],
    "outs": ["models/a"],
    "metrics": [{"metrics/a.json": {"cache": False}}],
    "plots": [{"metrics/a.csv": {"x": "a"}}],
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"deps": ["stages/nets", "${train.path}/x/"]}, ["stages/a.py"]),
        ({"deps": ["stages/a.py", "stages/nets"]}, ["data/mine/x"]),
        ({"params": ["train", {"versions.yaml": ["torch"]}]}, ["versions.yaml: numpy"]),
        ({"params": ["train"]}, ["versions.yaml: numpy", "versions.yaml: torch"]),
        ({"params": [{"versions.yaml": ["numpy", "torch"]}]}, ["train"]),
        ({"plots": []}, ["metrics/a.csv"]),
    ],
)
def test_what_the_lock_has_and_the_graph_has_not(
    here: Path, change: Mapping[str, object], found: list[str]
) -> None:
    (here / "params.yaml").write_text("train: {path: data/mine}\n", "utf-8")
    assert graph.dropped({**NAMED, **change}, RAN) == found


def test_what_is_gone_counts_if_git_keeps_it_and_parameters_do_always() -> None:
    status = StageStatus(
        {"data/raw": "deleted", "stages/a.py": "modified", "data/cleaning": "deleted"},
        {"torch": "deleted", "versions.yaml": "deleted"},
        {"models/a": "deleted", "metrics/a.json": "deleted", "models/b": "not in cache"},
        ["changed command"],
    )
    assert [*status.changed({"metrics/a.json", "data/cleaning", "models"})] == [
        "data/cleaning",
        "stages/a.py",
        "torch",
        "versions.yaml",
        "metrics/a.json",
        "changed command",
    ]


def test_git_keeps_what_is_committed_or_will_be(here: Path) -> None:
    assert in_git.paths() == set()
    git(here, "init", "-q")
    (here / "new.txt").write_text("", "utf-8")
    git(here, "add", "new.txt")
    assert in_git.paths() == {"new.txt"}
    change(here, "First", **{"metrics/a/b.json": "", "gone.txt": ""})
    git(here, "rm", "-q", "gone.txt")
    (here / "metrics/a/b.json").unlink()
    (here / "data").mkdir()
    (here / "data/raw").write_text("", "utf-8")
    assert in_git.paths() == {"new.txt", "gone.txt", "metrics/a/b.json", "metrics/a", "metrics"}


@pytest.mark.usefixtures("here")
def test_a_reason_that_all_stages_share_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "findings", lambda: iter([]))
    monkeypatch.setattr("sys.argv", ["check"])
    with pytest.raises(UserError) as caught:
        check.main()
    assert str(caught.value).count("params.yaml: is missing") == 1
    assert len(str(caught.value).splitlines()) == 1


def test_a_module_that_is_gone_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: str) -> None:
        raise ModuleNotFoundError("No module named 'stages.nets.cnn'")

    monkeypatch.setattr(check, "section_class", lost)
    found = [*check.parameters()]
    assert len(found) == len(sections.stage_names())
    assert set(found) == {
        "stages/: No module named 'stages.nets.cnn'; restore the module, or mend what imports it"
    }


def test_what_dvc_says_of_a_file_of_parameters() -> None:
    gone = parsed([{"changed deps": {"versions.yaml": "deleted"}}])
    assert [*gone.changed({"versions.yaml"})] == ["versions.yaml"]
