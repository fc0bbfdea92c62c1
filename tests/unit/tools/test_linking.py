"""Links of a clone to the user's files, as DVC and the stages see them."""

import os
from pathlib import Path

import pytest

from stages.errors import UserError
from tools.provenance.linking import link, place, sources


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change into a workspace; return the folder of its clone."""
    (tmp_path / "clones/1").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "clones/1"


def plant(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name, "utf-8")


def walked(root: Path) -> dict[str, str]:
    """Return the files that DVC sees, which follows no linked folder."""
    found = [Path(folder) / name for folder, _, names in os.walk(root) for name in names]
    return {str(path.relative_to(root)): path.read_text("utf-8") for path in found}


@pytest.mark.parametrize("in_git", [(), ("photos/README.md",), ("photos/a/b/README.md",)])
def test_dvc_sees_all_files_of_a_source(clone: Path, in_git: tuple[str, ...]) -> None:
    plant("photos/1.png", "photos/a/2.png", "photos/a/b/3.png", *in_git)
    for name in in_git:
        (clone / name).parent.mkdir(parents=True)
        (clone / name).write_text(name, "utf-8")
    for path in ("photos/a", "photos"):
        link(Path(path), clone)
    assert walked(clone / "photos") == walked(Path("photos"))


def test_nothing_is_written_into_the_users_folder(clone: Path, tmp_path: Path) -> None:
    plant("../one/a/1.png", "../two/a/2.png", "../two/3.png")
    images = Path("images")
    for folder in ("one", "two", "gone"):
        images.unlink(missing_ok=True)
        images.symlink_to(tmp_path / folder)
        link(images, clone)
        assert [*walked(tmp_path / "two")] == ["3.png", "a/2.png"]
        assert [*walked(tmp_path / "one")] == ["a/1.png"]


@pytest.mark.parametrize("name", ["../images", "data/../../images", ".", "./", "data/.."])
def test_a_path_that_leads_out_of_the_clone_is_refused(clone: Path, name: str) -> None:
    plant("../images/1.png", "data/2.png")
    with pytest.raises(UserError, match=r"download\.path is .* the whole path, /"):
        place("download.path", name)
    assert [*clone.parent.iterdir()] == [clone]


@pytest.mark.parametrize("text", ["", "0.01", "../none", "a" * 1000, "/", "data"])
def test_what_is_no_path_out_of_the_clone_is_let_be(clone: Path, text: str) -> None:
    plant("data/2.png")
    link(place("x", text), clone)
    assert walked(clone) == ({"data/2.png": "data/2.png"} if text == "data" else {})


def test_a_link_of_git_that_leads_elsewhere_is_refused(clone: Path, tmp_path: Path) -> None:
    plant("../images/1.png")
    for root in (Path(), clone):
        (root / "photos").symlink_to("../images")
    for path in ("photos", "photos/1.png"):
        with pytest.raises(UserError, match=f"photos: is a link in Git.*{tmp_path}/images"):
            link(Path(path), clone)
    (clone / "photos").unlink()
    (clone / "photos").symlink_to(tmp_path / "images")
    link(Path("photos"), clone)
    assert walked(tmp_path / "images") == {"1.png": "../images/1.png"}


def test_what_download_refuses_here_it_refuses_there(clone: Path) -> None:
    plant("elsewhere/1.png", "photos/2.png")
    Path("photos/linked").symlink_to(Path("elsewhere").resolve())
    Path("photos/dead").symlink_to("nowhere")
    link(Path("photos"), clone)
    assert {path.name for path in (clone / "photos").iterdir() if path.is_symlink()} == {
        "2.png",
        "linked",
        "dead",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"download:\n\tpath: a\n", "is not valid YAML: line 2"),
        (b"train: {}\n", "section download is missing"),
        (b"download:\n", "section download must hold one key per parameter, holds None"),
        (b"\xff\xfe", "is not valid YAML"),
        (None, "params.yaml: is missing"),
        (b"download: {path: ..}\n", r"params.yaml: download.path is \.\."),
    ],
)
@pytest.mark.usefixtures("clone")
def test_a_params_yaml_that_is_none_is_told(content: bytes | None, said: str) -> None:
    if content is not None:
        Path("params.yaml").write_bytes(content)
    with pytest.raises(UserError, match=said):
        sources(Path())
