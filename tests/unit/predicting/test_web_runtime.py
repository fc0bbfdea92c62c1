"""The files of onnxruntime-web: pinned, wherever they come from."""

import hashlib
import tarfile
from io import BytesIO
from pathlib import Path
from unittest.mock import MagicMock, patch
from urllib.error import URLError

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
    monkeypatch.delenv("npm_config_registry", raising=False)
    return content


def answering(content: bytes) -> MagicMock:
    response = MagicMock()
    response.__enter__.return_value.read.return_value = content
    return MagicMock(return_value=response)


def test_a_package_is_fetched_once(pinned: bytes) -> None:
    with patch.object(web_runtime, "urlopen", answering(pinned)) as asked:
        assert find(None) == OWN
        assert find(None) == OWN
    asked.assert_called_once()
    (address,) = asked.call_args.args
    assert address == "https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-1.30.0.tgz"
    assert sorted(path.name for path in web_runtime.cache().parent.iterdir()) == [
        web_runtime.cache().name
    ]


@pytest.mark.usefixtures("pinned")
def test_a_fetched_package_of_other_bytes_is_refused_and_not_kept() -> None:
    other = patch.object(web_runtime, "urlopen", answering(b"evil"))
    with other, pytest.raises(RuntimeFilesError, match=r"its SHA-256 is .*--runtime"):
        find(None)
    assert not web_runtime.cache().exists()


def test_a_mirror_may_give_it(pinned: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://mirror.example/npm/")
    with patch.object(web_runtime, "urlopen", answering(pinned)) as asked:
        find(None)
    assert asked.call_args.args[0].startswith("http://mirror.example/npm/onnxruntime-web/-/")


@pytest.mark.usefixtures("pinned")
def test_a_registry_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "file:///etc")
    with pytest.raises(RuntimeFilesError, match="npm_config_registry is 'file:///etc'"):
        find(None)


@pytest.mark.usefixtures("pinned")
@pytest.mark.parametrize("error", [URLError("no route"), TimeoutError("late"), ValueError("bad")])
def test_a_network_that_fails_is_one_message(error: Exception) -> None:
    failing = patch.object(web_runtime, "urlopen", side_effect=error)
    with failing, pytest.raises(RuntimeFilesError, match=r"fetched from https.*npm pack"):
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


def test_a_cache_that_cannot_be_written_costs_only_the_next_fetch(
    pinned: bytes, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file")
    with patch.object(web_runtime, "urlopen", answering(pinned)):
        assert find(None) == OWN
