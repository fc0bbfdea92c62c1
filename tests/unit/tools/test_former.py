"""The files that a stage ran with are found in Git by the hashes that DVC writes."""

from hashlib import md5
from pathlib import Path

import founded
import pytest
from dvc_data.hashfile.build import build
from dvc_data.hashfile.db import HashFileDB
from dvc_objects.fs.local import LocalFileSystem
from founded import change, git

from reprise.dvc_status import StageStatus
from tools.provenance.lockfile import NOT_RUN
from tools.relocking import former
from tools.relocking.judgement import judge

FIRST = {
    "params.yaml": "train: {lr: 1}\n",
    "stages/nets/a.py": "A = 1\n",
    "stages/nets/deep/b.py": "B = 1\n",
    "stages/c.py": "C = 1\n",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in founded.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    change(root, "First", **FIRST)
    monkeypatch.chdir(root)
    return root


def digest(path: Path, tmp_path: Path) -> str:
    """Return the hash that DVC has of a file or folder."""
    local = LocalFileSystem()  # type: ignore[no-untyped-call]
    files = HashFileDB(local, str(tmp_path / "cache"))
    _, _, found = build(files, str(path), local, "md5", dry_run=True)
    return str(found.hash_info.value)


def test_a_folder_and_a_file_are_found(here: Path, tmp_path: Path) -> None:
    nets, file = (digest(here / dep, tmp_path) for dep in ("stages/nets", "stages/c.py"))
    assert nets.endswith(".dir")
    change(here, "Second", **{"stages/nets/a.py": "A = 2\n", "stages/c.py": "C = 2\n"})
    change(here, "Third", **{"stages/nets/deep/b.py": None, "stages/c.py": None})
    assert former.files("stages/nets", nets) == {
        "stages/nets/a.py": b"A = 1\n",
        "stages/nets/deep/b.py": b"B = 1\n",
    }
    assert former.files("stages/c.py", file) == {"stages/c.py": b"C = 1\n"}


def test_what_was_not_committed_is_not_found() -> None:
    assert former.files("stages/c.py", md5(b"C = 9\n").hexdigest()) is None  # noqa: S324
    assert former.files("stages/none.py", "0" * 32) is None


def test_what_dvc_does_not_see_is_no_part_of_a_folder(here: Path, tmp_path: Path) -> None:
    nets = digest(here / "stages/nets", tmp_path)
    change(here, "Noise", **{"stages/nets/__pycache__/a.pyc": "x", "stages/nets/.hidden": "x"})
    assert former.files("stages/nets", nets) is not None


def judged(here: Path, tmp_path: Path, **texts: str | None) -> tuple[list[str], list[str]]:
    """Change files, and return what is the same in other words, and what is not."""
    code = {dep: digest(here / dep, tmp_path) for dep in ("stages/nets", "stages/c.py")}
    change(here, "Changed", **texts)
    status = StageStatus(dict.fromkeys(code, "modified"), {}, {}, [])
    made = judge(status, NOT_RUN._replace(code=code))
    assert not made.elsewhere
    return made.same, made.other


def test_words_alone_are_the_same(here: Path, tmp_path: Path) -> None:
    new = {"stages/nets/a.py": "# One.\nA = 1\n", "stages/c.py": '"""C."""\nC = 1\n'}
    assert judged(here, tmp_path, **new) == (["stages/nets/a.py", "stages/c.py"], [])


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("stages/nets/a.py", "A = 2\n", "stages/nets/a.py: lines outside of functions changed"),
        ("stages/nets/new.py", "", "stages/nets/new.py: is new"),
        ("stages/nets/page.html", "x", "stages/nets/page.html: is new"),
        ("stages/nets/deep/b.py", None, "stages/nets/deep/b.py: is gone"),
        (
            "stages/c.py",
            "C = \n",
            "stages/c.py: cannot be compared (invalid syntax)",
        ),
    ],
)
def test_anything_else_is_told(
    here: Path, tmp_path: Path, path: str, text: str | None, told: str
) -> None:
    assert judged(here, tmp_path, **{path: text}) == ([], [told])


def test_a_template_counts_by_its_bytes(here: Path, tmp_path: Path) -> None:
    change(here, "Page", **{"stages/nets/page.html": "<p>"})
    assert judged(here, tmp_path, **{"stages/nets/page.html": "<p> "})[1] == [
        "stages/nets/page.html: is no Python, and every byte of it counts"
    ]


def test_outputs_and_data_that_differ_are_told() -> None:
    params = {"split": "new", "train": "modified"}
    status = StageStatus({"data/raw": "deleted"}, params, {"models/a": "modified"}, [])
    locked = NOT_RUN._replace(params={"train.lr": 2, "train.epochs": 20, "evaluate.lr": 3})
    assert judge(status, locked, ["stages/b.py"]).elsewhere == [
        "split is new",
        "train.epochs is not set, and was 20",
        "train.lr is 1, and was 2",
        "data/raw is deleted",
        "models/a is not what dvc.lock says: `dvc checkout`",
        "stages/b.py is in dvc.lock, and dvc.yaml names it no more",
    ]
