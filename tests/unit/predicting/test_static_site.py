"""The folder of a demo: whole, and never in the place of something else."""

import json
import re
from pathlib import Path

import pytest

from reprise.demo.static_site import PAGE, SiteError, check, collect, write

RUNTIME = {"ort.js": b"js", "ort.wasm": b"wasm"}
INFO = {"name": "</script><b>", "classes": ["\u732b"]}


def files() -> dict[str, bytes]:
    return collect(b"model", INFO, RUNTIME)


def test_the_folder_holds_page_model_runtime_licence_and_what_they_are(tmp_path: Path) -> None:
    write(files(), tmp_path / "site")
    present = {
        path.relative_to(tmp_path / "site").as_posix()
        for path in (tmp_path / "site").rglob("*")
        if path.is_file()
    }
    page = {path.name for path in PAGE.iterdir()}
    runtime = {"runtime/ort.js", "runtime/ort.wasm", "runtime/LICENSE.txt"}
    assert present == page | runtime | {"model.onnx", "demo.json"}
    manifest = json.loads((tmp_path / "site" / "demo.json").read_bytes())
    assert manifest["model"] == INFO
    assert manifest["files"]["model.onnx"] == 5
    assert {*manifest["files"], "demo.json"} == present
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_only_the_page_says_who_answers() -> None:
    made, own = files(), (PAGE / "index.html").read_bytes()
    assert own.count(b'data-answers="server"') == 1
    assert made["index.html"] == own.replace(b'data-answers="server"', b'data-answers="browser"')
    assert b"</script><b>" not in made["index.html"]


def test_a_strict_policy_holds_as_nothing_is_inline() -> None:
    text = (PAGE / "index.html").read_text("utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"<style|style=|\son\w+=|javascript:|<script(?![^>]*src=)", text)
    for path in PAGE.glob("*.js"):
        assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(|new Function|document\.write",
                             path.read_text("utf-8")), path  # fmt: skip


def test_nothing_is_asked_of_another_host() -> None:
    for path in PAGE.iterdir():
        found = re.findall(r"https?://[^\s\"'<.;,)]+", path.read_text("utf-8"))
        assert {*found} <= {"http://localhost:8000", "http://www"}, path  # a hint, a name of SVG


def test_a_new_and_an_empty_folder_are_taken(tmp_path: Path) -> None:
    check(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    check(tmp_path / "empty")
    write(files(), tmp_path / "empty")
    assert (tmp_path / "empty" / "index.html").is_file()


def test_its_own_folder_is_replaced_and_what_is_old_goes(tmp_path: Path) -> None:
    write(files() | {"demo.json": files()["demo.json"], "model.onnx": b"old"}, tmp_path / "site")
    check(tmp_path / "site")
    write(files(), tmp_path / "site")
    assert (tmp_path / "site" / "model.onnx").read_bytes() == b"model"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize(
    "manifest",
    [
        None, "", "[]", "null", "{", '{"made_by": "reprise demo"}', '{"files": {}}',
        '{"made_by": "reprise demo", "files": 1}', '{"made_by": "me", "files": {"thesis": 1}}',
    ],
)  # fmt: skip
def test_a_folder_of_somebody_else_is_refused_untouched(
    tmp_path: Path, manifest: str | None
) -> None:
    (tmp_path / "thesis").write_text("years")
    if manifest is not None:
        (tmp_path / "demo.json").write_text(manifest)
    with pytest.raises(SiteError, match=r"thesis.*did not write; name a new folder"):
        check(tmp_path)
    assert (tmp_path / "thesis").read_text() == "years"


def test_a_file_added_to_its_own_folder_is_kept(tmp_path: Path) -> None:
    write(files(), tmp_path / "site")
    (tmp_path / "site" / "CNAME\x1b").write_text("example.com")
    with pytest.raises(SiteError, match=r"holds CNAME\\x1b, which"):
        check(tmp_path / "site")


@pytest.mark.parametrize("ours", [True, False])
def test_an_empty_folder_and_a_link_to_one_are_kept(tmp_path: Path, ours: bool) -> None:  # noqa: FBT001
    site = tmp_path / "site"
    write(files() if ours else {"demo.json": b"{}"}, site)
    check(site) if ours else (site / "demo.json").unlink()
    (tmp_path / "album").mkdir()
    (site / "album").symlink_to(tmp_path / "album")
    with pytest.raises(SiteError, match="holds album, which `reprise demo` did not write"):
        check(site)
    (site / "album").unlink()
    (site / "drafts" / "new").mkdir(parents=True)
    with pytest.raises(SiteError, match="holds drafts/, drafts/new/, which"):
        check(site)


def test_a_message_names_a_few_files(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}").touch()
    with pytest.raises(SiteError, match="holds 0, 1, 2 and 2 more, which"):
        check(tmp_path)


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SiteError, match="is a file; name a folder"):
        check(tmp_path / "file")


@pytest.mark.parametrize("place", [".", "..", "/"])
def test_the_folder_in_which_one_stands_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SiteError, match="runs in"):
        check((tmp_path / place).resolve())


def test_a_full_disk_leaves_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(files(), tmp_path / "site")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SiteError, match="No space left on device; free some space"):
        write({"index.html": b"new"}, tmp_path / "site")
    monkeypatch.undo()
    assert (tmp_path / "site" / "model.onnx").read_bytes() == b"model"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_what_a_killed_run_left_goes(tmp_path: Path) -> None:
    (tmp_path / ".site.partial").mkdir()
    (tmp_path / ".site.partial" / "stray").touch()
    write(files(), tmp_path / "site")
    assert not (tmp_path / "site" / "stray").exists()
