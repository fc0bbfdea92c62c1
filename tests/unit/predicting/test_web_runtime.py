"""The files of onnxruntime-web: pinned, wherever they come from."""

import hashlib
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from subprocess import TimeoutExpired
from unittest.mock import MagicMock, patch

import pytest

from reprise.demo import web_runtime
from reprise.demo.web_runtime import MEMBERS, RuntimeFilesError, find

CONTENT = {member: member.encode() for member in MEMBERS}
OWN = {own: member.encode() for member, (own, _) in MEMBERS.items()}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def package() -> bytes:
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in CONTENT.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, BytesIO(content))
    return made.getvalue()


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bytes:
    """Pin small files instead, and have an empty cache."""
    content = package()
    members = {name: (own, digest(CONTENT[name])) for name, (own, _) in MEMBERS.items()}
    monkeypatch.setattr(web_runtime, "MEMBERS", members)
    monkeypatch.setattr(web_runtime, "TARBALL", digest(content))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return content


class Npm:
    """An npm that packs some bytes, or fails."""

    def __init__(self, content: bytes | None, said: bytes = b"") -> None:
        self.content, self.said, self.commands = content, said, list[list[str]]()

    def __call__(
        self, command: list[str], cwd: str, **_: object
    ) -> subprocess.CompletedProcess[bytes]:
        self.commands.append(command[1:])
        if self.content is not None:
            (Path(cwd) / "onnxruntime-web-1.30.0.tgz").write_bytes(self.content)
        return subprocess.CompletedProcess(command, self.content is None, b"", self.said)


@pytest.fixture
def npm(pinned: bytes, monkeypatch: pytest.MonkeyPatch) -> Npm:
    made = Npm(pinned)
    monkeypatch.setattr("shutil.which", lambda _: "npm")
    monkeypatch.setattr("subprocess.run", made)
    return made


def test_a_package_is_fetched_once(npm: Npm) -> None:
    assert find(None) == OWN
    assert find(None) == OWN
    assert npm.commands == [["pack", "--silent", "onnxruntime-web@1.30.0"]]
    folder = web_runtime.cache().parent
    assert [path.name for path in folder.iterdir()] == [web_runtime.cache().name]


def test_a_fetched_package_of_other_bytes_is_refused_and_not_kept(npm: Npm) -> None:
    npm.content = b"evil"
    with pytest.raises(RuntimeFilesError, match=r"its SHA-256 is .*--runtime"):
        find(None)
    assert not web_runtime.cache().exists()


def test_a_network_that_fails_is_one_message(npm: Npm) -> None:
    npm.content, npm.said = None, b"npm error code ENOTFOUND\nnpm error \x1b[31mmore\n"
    with pytest.raises(RuntimeFilesError, match=r"1\.30\.0 \(npm error code ENOTFOUND\); name"):
        find(None)


@pytest.mark.usefixtures("npm")
@pytest.mark.parametrize("error", [TimeoutExpired("npm", 300), PermissionError(13, "denied")])
def test_npm_that_hangs_or_cannot_run_is_one_message(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("subprocess.run", MagicMock(side_effect=error))
    with pytest.raises(RuntimeFilesError, match=r"npm fails \(.*npm pack"):
        find(None)


@pytest.mark.usefixtures("pinned")
def test_without_npm_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(RuntimeFilesError, match=r"install Node\.js, or name a copy with --runtime"):
        find(None)


def test_a_named_package_needs_no_network(pinned: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(pinned)
    assert find(tmp_path / "a.tgz") == OWN
    assert not web_runtime.cache().exists()


@pytest.mark.usefixtures("pinned")
@pytest.mark.parametrize("inner", ["dist", "."])
def test_a_folder_is_a_package_or_its_dist(tmp_path: Path, inner: str) -> None:
    folder = tmp_path / "package" / inner
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / Path(name).name).write_bytes(content)
    assert find(tmp_path / "package") == OWN


@pytest.mark.usefixtures("pinned")
def test_another_version_is_refused(tmp_path: Path) -> None:
    for name in CONTENT:
        (tmp_path / Path(name).name).write_bytes(b"of another version")
    with pytest.raises(RuntimeFilesError, match=r"ort\S+: its SHA-256 is .*, that of onnxruntime"):
        find(tmp_path)


@pytest.mark.usefixtures("pinned")
def test_a_package_of_other_bytes_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(b"\x1f\x8b bomb")
    with patch("tarfile.open") as unpack, pytest.raises(RuntimeFilesError, match="SHA-256"):
        find(tmp_path / "a.tgz")
    unpack.assert_not_called()


@pytest.mark.parametrize("name", ["absent", "."])
def test_a_place_without_it_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RuntimeFilesError, match=r"has no dist/ort\S+, expected is onnxruntime-web"):
        find(tmp_path / name)


@pytest.mark.usefixtures("pinned")
def test_a_damaged_cache_is_refused_with_the_remedy() -> None:
    web_runtime.cache().mkdir(parents=True)
    for name in OWN:
        (web_runtime.cache() / name).write_bytes(b"rot")
    with pytest.raises(RuntimeFilesError, match="delete it"):
        find(None)


@pytest.mark.usefixtures("npm")
def test_a_cache_that_cannot_be_written_costs_only_the_next_fetch(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert find(None) == OWN
