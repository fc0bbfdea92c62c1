"""A colleague's model by the revision of its Git repository, through DVC."""

import gc
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.repo import Repo
from linear import CARD, export
from toys import pixels

from reprise import Classifier
from reprise.model import MODEL, ModelError
from reprise.serving import revision
from reprise.serving.deployment import ModelFile
from reprise.serving.revision import ModelRevision

pytestmark = [  # DVC's own
    pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SETTINGS = ["-c", "user.name=A", "-c", "user.email=a@example.com"]


def git(root: Path, *command: str) -> None:
    subprocess.run(["git", *SETTINGS, *command], cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def colleague(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose tag `old` has another model, both pushed to a local remote."""
    base = tmp_path_factory.mktemp("colleague")
    root = base / "project"
    (root / MODEL.parent).mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    repository = Repo.init(str(root))
    with repository.config.edit() as config:
        config["remote"]["storage"] = {"url": str(base / "remote")}
        config["core"] |= {"remote": "storage"}
    (root / "notes.txt").write_text("text")
    export(root / MODEL, CARD._replace(classes=("old", "older", "oldest")))
    export(root / "plain.onnx")
    for tag in ("old", "new"):
        repository.add(str(root / MODEL))
        git(root, "add", "-A")
        git(root, "commit", "-qm", tag)
        git(root, "tag", tag)
        repository.push()
        if tag == "old":
            (root / MODEL).unlink()
            export(root / MODEL)
    repository.close()
    shutil.rmtree(root / ".dvc/cache")
    return root


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yield tmp_path / "reprise/models"
    gc.collect()  # what DVC leaves open is to be told here, not in another test


def test_a_revision_gives_its_model(colleague: Path, cache: Path) -> None:
    address = f"file://{colleague}"
    assert Classifier.from_repo(address, "old", threads=1).classes == ("old", "older", "oldest")
    newest = Classifier.from_repo(address)
    assert newest.classes == CARD.classes
    expected = Classifier(colleague / MODEL)(pixels(0))
    assert newest(pixels(0)).predictions == expected.predictions
    assert len([*cache.iterdir()]) == 2


def test_what_was_fetched_is_kept_and_what_is_damaged_is_fetched_anew(
    colleague: Path, cache: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(colleague, mine, symlinks=True)
    shutil.copytree(colleague.parent / "remote", tmp_path / "remote")
    (mine / ".dvc/config").write_text(
        f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {tmp_path / 'remote'}\n"
    )
    git(mine, "commit", "-qam", "remote")
    Classifier.from_repo(str(mine), "HEAD")
    (kept,) = cache.iterdir()
    data = kept.read_bytes()
    kept.write_bytes(b"damaged")
    Classifier.from_repo(str(mine), "HEAD")
    assert kept.read_bytes() == data
    shutil.rmtree(tmp_path / "remote")
    shutil.rmtree(mine / ".dvc/cache", ignore_errors=True)
    Classifier.from_repo(str(mine), "HEAD")  # from what is kept
    kept.unlink()
    with pytest.raises(ModelError, match=f"{mine}@HEAD: {MODEL} cannot be fetched"):
        Classifier.from_repo(str(mine), "HEAD")


def test_a_model_in_git_itself_is_taken(colleague: Path) -> None:
    found = Classifier.from_repo(f"file://{colleague}", "old", "plain.onnx")
    assert found.classes == CARD.classes
    assert repr(found) == (
        f"Classifier('file://{colleague}@old:plain.onnx'): 3 classes, pictures of 6 x 7 x 3"
    )


@pytest.mark.parametrize(
    ("rev", "path", "told"),
    [
        ("none", str(MODEL), "unknown Git revision 'none'"),
        ("old", "none.onnx", "No such file or directory"),
        ("old", "models", "cannot be fetched"),
        ("old", "notes.txt", "is no ONNX model"),
    ],
)
def test_what_is_not_there_is_one_message(rev: str, path: str, told: str, colleague: Path) -> None:
    with pytest.raises(ModelError, match=told) as error:
        Classifier.from_repo(f"file://{colleague}", rev, path)
    assert len(str(error.value).splitlines()) == 1
    assert str(error.value).startswith(f"file://{colleague}@{rev}:")


def test_where_there_is_no_repository_nothing_else_is_told(tmp_path: Path) -> None:
    place = str(tmp_path / "none")
    with pytest.raises(ModelError) as error:
        Classifier.from_repo(place)
    told = str(error.value)
    assert told.startswith(f"{place}: {MODEL} cannot be fetched (")
    assert told.endswith("; name the address or the folder of a Git repository that you may read")
    assert "dvc-clone" not in told


def test_a_password_is_not_told() -> None:
    with pytest.raises(ModelError) as error:
        Classifier.from_repo("https://me:secret%2Fword@127.0.0.1:1/x.git?token=abcd", "main")
    told = str(error.value)
    assert told.startswith("https://127.0.0.1:1/x.git@main: ")
    assert not {word for word in ("secret", "word", "abcd", "me:") if word in told}


def test_without_dvc_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "dvc.api", None)
    with pytest.raises(ModelError, match=r"takes DVC: `pip install 'dvc>=3.60'`"):
        Classifier.from_repo("nowhere")


def test_a_cache_that_cannot_be_written_is_told(
    colleague: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="Not a directory"):
        Classifier.from_repo(f"file://{colleague}", "old")
    assert os.environ["XDG_CACHE_HOME"].endswith("file")


def test_a_server_swaps_when_a_tag_is_moved(
    colleague: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revision, "LOOK", 0.0)
    mine = tmp_path / "mine"
    shutil.copytree(colleague, mine, symlinks=True)
    remote = f"['remote \"storage\"']\n    url = {colleague.parent}/remote\n"
    (mine / ".dvc/config").write_text(f"[core]\n    remote = storage\n{remote}")
    git(mine, "tag", "production", "old")
    served = ModelRevision((str(mine), "production"), ModelFile(MODEL, "model", 1))
    seen, first = served.seen(), served.load()
    assert seen is not None
    assert served.seen() == seen
    assert first.model.metadata.classes == ("old", "older", "oldest")
    git(mine, "tag", "-f", "-a", "-m", "new", "production", "new")
    assert served.seen() not in {seen, None}
    second = served.load()
    assert second.model.metadata.classes == CARD.classes
    assert second.version != first.version


@pytest.mark.parametrize("url", ["/none", "--upload-pack=touch x", "file:///none"])
def test_a_repository_that_does_not_answer_changes_nothing(url: str) -> None:
    served = ModelRevision((url, "main"), ModelFile(MODEL, "model", 1))
    assert served.seen() is None
    with pytest.raises(ModelError, match="cannot be fetched"):
        served.load()


def test_of_a_repository_that_answers_a_commit_stays(colleague: Path) -> None:
    commit = subprocess.check_output(["git", "rev-parse", "old"], cwd=colleague, text=True).strip()
    served = ModelRevision((str(colleague), commit), ModelFile(MODEL, "model", 1))
    assert served.seen() == served.seen() is not None
