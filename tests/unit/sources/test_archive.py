import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from packing import PACKERS, as_tar, as_zip, plant

from stages.errors import UserError
from stages.sources import archive, origin, zips
from stages.sources.archive import Bounds
from stages.sources.store import Store

FILES = {"a/1.jpg": b"1" * 600, "a/b/2.jpg": b"\0\xff", "ä/3.jpg": b"3", ".x": b"1", "e/0": b""}


@pytest.fixture(params=PACKERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(tmp_path: Path, data: bytes, most: int = 10**6) -> Store:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    (tmp_path / "packed").write_bytes(data)
    return archive.store(tmp_path / "packed", "photos", Bounds(most, scratch))


def contents(store: Store) -> Mapping[str, bytes]:
    return {name: store.read(name) for name in store.names()}


def written(tmp_path: Path) -> set[str]:
    """Return all that is on the disk."""
    return {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}


def test_an_archive_holds_what_the_folder_holds(tmp_path: Path, kind: str) -> None:
    loose = origin.folder_store(plant(tmp_path / "loose", FILES))
    store = opened(tmp_path, PACKERS[kind](dict(reversed(FILES.items()))))
    assert contents(store) == contents(loose)
    assert store.names() == loose.names()
    assert store.passed_over == loose.passed_over
    assert store.folders == loose.folders


def test_no_member_becomes_a_file(tmp_path: Path, kind: str) -> None:
    contents(opened(tmp_path, PACKERS[kind](FILES)))
    assert written(tmp_path) <= {"packed", "scratch", "scratch/archive.tar"}


def test_folders_without_a_file_are_known(tmp_path: Path, kind: str) -> None:
    store = opened(tmp_path, PACKERS[kind]({"a/": b"", "b/1": b"1", ".c/": b""}))
    assert store.folders == {"a", "b"}


def test_files_are_read_at_random(tmp_path: Path, kind: str) -> None:
    store = opened(tmp_path, PACKERS[kind]({"a": b"0123456789" * 1000, "b": b"x"}))
    with store.open("a") as file:
        file.seek(-5, io.SEEK_END)
        assert file.read() == b"56789"
        file.seek(3)
        assert file.read(4) == b"3456"
        file.seek(10, io.SEEK_CUR)
        assert file.read(2) == b"78"
        file.seek(20_000)
        assert file.read() == b""


def test_a_large_file_of_a_zip_is_spooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "IN_MEMORY", 100)
    assert contents(opened(tmp_path, as_zip({"a/1.jpg": b"1" * 600}))) == {"a/1.jpg": b"1" * 600}
    assert written(tmp_path) == {"packed", "scratch"}


@pytest.mark.parametrize("name", ["./a/1.jpg", "a//1.jpg", "a\\1.jpg", "././a/./1.jpg"])
def test_a_name_is_spelt_in_one_way(tmp_path: Path, kind: str, name: str) -> None:
    assert opened(tmp_path, PACKERS[kind]({name: b"1"})).names() == ["a/1.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../a",
        "a/../../b",
        "a/..",
        "..",
        "C:/a",
        "c:a",
        "\\a",
        "..\\a",
        "//server/a",
        "../.DS_Store",
        "/a/",
        "../a/",
    ],
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    with pytest.raises(UserError, match=r"^photos: '.*' leads out of the archive"):
        opened(tmp_path, PACKERS[kind]({"a/1": b"1", name: b"1"}))
    assert written(tmp_path) <= {"packed", "scratch", "scratch/archive.tar"}


def test_a_nul_in_a_name_is_refused(tmp_path: Path) -> None:
    data = as_zip({"a.jpgXb": b"1"}).replace(b"a.jpgXb", b"a.jpg\0b")
    with pytest.raises(UserError, match=r"photos: 'a.jpg\\x00b' leads out"):
        opened(tmp_path, data)


@pytest.mark.parametrize("kind_of_link", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_in_a_tar_is_refused(tmp_path: Path, kind_of_link: bytes) -> None:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as packed:
        link = tarfile.TarInfo("a/link")
        link.type, link.linkname = kind_of_link, "/etc/passwd"
        packed.addfile(link)
    with pytest.raises(UserError, match=r"^photos: 'a/link' is a link"):
        opened(tmp_path, memory.getvalue())


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        link = zipfile.ZipInfo("a/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(UserError, match=r"^photos: 'a/link' is a link"):
        opened(tmp_path, memory.getvalue())


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(as_zip({"a/1": b"1"}))
    data[data.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(UserError, match=r"^photos: 'a/1' is encrypted; pack it without"):
        opened(tmp_path, bytes(data))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        packed.writestr("a/1", b"1")
        packed.writestr("a/1", b"2")
    twice = as_tar({"a/1": b"1", "./a/1": b"2"})
    for data in (memory.getvalue(), twice, gzip.compress(twice)):
        with pytest.raises(UserError, match=r"^photos: a/1: is in it twice"):
            opened(tmp_path, data)


def test_an_archive_up_to_the_limit_is_read(tmp_path: Path, kind: str) -> None:
    data = PACKERS[kind]({"a": b"0" * 500, "b": b"0" * 500})
    most = 1000 if kind in {"zip", "tar"} else 10240  # a compressed tar counts with its headers
    assert len(contents(opened(tmp_path, data, most))) == 2
    with pytest.raises(UserError, match=r"^photos: unpacks to more than .*download.max_bytes"):
        opened(tmp_path, data, most - 1)


def test_a_bomb_is_not_unpacked(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BLOCK", 2**16)
    with pytest.raises(UserError, match=r"^photos: unpacks to more than 100,000 bytes"):
        opened(tmp_path, PACKERS[kind]({"a": bytes(10**7)}), 10**5)
    unpacked = tmp_path / "scratch" / "archive.tar"
    assert not unpacked.exists() or unpacked.stat().st_size <= 10**5


def test_a_zip_that_understates_its_size_is_found_out(tmp_path: Path) -> None:
    data = bytearray(as_zip({"a": bytes(10**6)}))
    data[data.index(b"PK\1\2") + 24 :][:4] = struct.pack("<I", 10)
    place = data.index(b"PK\1\2") + 24
    data[place : place + 4] = struct.pack("<I", 10)
    store = opened(tmp_path, bytes(data), 100)
    with pytest.raises(UserError, match=r"^photos: a: cannot be read \(Bad CRC-32"):
        store.read("a")


def test_damaged_content_of_a_zip_is_named(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        packed.writestr("a/1.jpg", b"content")
    store = opened(tmp_path, memory.getvalue().replace(b"content", b"CONTENT"))
    with pytest.raises(UserError, match=r"^photos: a/1.jpg: cannot be read \(Bad CRC-32"):
        store.read("a/1.jpg")


def test_a_truncated_archive_is_named(tmp_path: Path, kind: str) -> None:
    data = PACKERS[kind]({f"{number}.jpg": bytes([number]) * 2000 for number in range(50)})
    for size in (len(data) // 2, len(data) - (11_000 if kind == "tar" else 10)):
        with pytest.raises(UserError, match=r"^photos: cannot be unpacked \(.*it is damaged"):
            opened(tmp_path, data[:size])


def zip_of(*names: bytes, flagged: bool = False, extra: bytes = b"") -> bytes:
    """Return a zip whose names are these bytes, said to be UTF-8 or not."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        for number, name in enumerate(names):
            entry = zipfile.ZipInfo(chr(ord("p") + number) * len(name))
            entry.extra = extra
            packed.writestr(entry, b"1")
    data = memory.getvalue()
    for number, name in enumerate(names):
        data = data.replace(bytes([ord("p") + number]) * len(name), name)
    for head, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        parts = data.split(head)
        flags = struct.pack("<H", 0x800 if flagged else 0)
        at = place - 4
        data = head.join([parts[0], *(part[:at] + flags + part[at + 2 :] for part in parts[1:])])
    return data


def unicode_path(name: str, stored: bytes, version: int = 1) -> bytes:
    field = struct.pack("<BI", version, zlib.crc32(stored)) + name.encode()
    return struct.pack("<HH", 0x9999, 2) + b"xx" + struct.pack("<HH", 0x7075, len(field)) + field


@pytest.mark.parametrize(
    ("stored", "flagged", "extra", "name"),
    [
        ("café/1".encode(), False, b"", "café/1"),
        ("café/1".encode(), True, b"", "café/1"),
        ("cafe\u0301/1".encode(), False, b"", "caf\u00e9/1"),
        ("日本/1".encode(), False, b"", "日本/1"),
        ("é/1".encode("cp437"), False, b"", "é/1"),
        (b"cafe/1", False, unicode_path("café/1", b"cafe/1"), "café/1"),
        (b"\x82/1", False, unicode_path("日本/1", b"\x82/1"), "日本/1"),
        (b"cafe/1", False, unicode_path("café/1", b"other"), "cafe/1"),
        (b"cafe/1", False, unicode_path("café/1", b"cafe/1", version=2), "cafe/1"),
    ],
)
def test_a_name_in_a_zip_is_the_one_that_was_meant(
    tmp_path: Path,
    stored: bytes,
    flagged: bool,  # noqa: FBT001
    extra: bytes,
    name: str,
) -> None:
    store = opened(tmp_path, zip_of(stored, flagged=flagged, extra=extra))
    assert store.names() == [name]
    assert store.read(name) == b"1"


def test_a_name_of_no_known_encoding_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(tmp_path, zip_of(b"\x82/1", b"a/2"))
    assert "1 names in it are in no stated encoding" in capsys.readouterr().err


def test_two_names_of_two_forms_are_two_files(tmp_path: Path, kind: str) -> None:
    files = {"caf\u00e9.jpg": b"1", "cafe\u0301.jpg": b"2"}
    assert contents(opened(tmp_path, PACKERS[kind](files))) == files


@pytest.mark.parametrize("name", ["../a\n\x1b[31m", "/etc\u202e", "C:\u200b", "a\r/../.."])
def test_no_name_in_an_archive_forges_a_line(tmp_path: Path, kind: str, name: str) -> None:
    with pytest.raises(UserError, match="leads out") as caught:
        opened(tmp_path, PACKERS[kind]({name: b"1"}))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("method", "name"), [(9, "Deflate64"), (6, "Implode"), (99, "a method")])
def test_a_method_that_python_lacks_is_named(tmp_path: Path, method: int, name: str) -> None:
    data = bytearray(as_zip({"a/1": b"1" * 100}))
    place = data.index(b"PK\1\2") + 10
    data[place : place + 2] = struct.pack("<H", method)
    message = rf"'a/1' is packed with {name} \(number {method}\).*pack it again with another method"
    with pytest.raises(UserError, match=message):
        opened(tmp_path, bytes(data))


@pytest.mark.parametrize("count", [3, 4, 40])
def test_too_many_members_are_refused(
    tmp_path: Path, kind: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "MEMBERS", 3)
    data = PACKERS[kind]({f"{number}/": b"" for number in range(count)})
    if count == 3:
        assert len(opened(tmp_path, data).folders) == 3
        return
    with pytest.raises(UserError, match=r"^photos: has more than 3 members; pack it in several"):
        opened(tmp_path, data)


def test_a_long_list_of_a_zip_is_counted_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        pytest.fail("the list was read")

    monkeypatch.setattr(zips, "MEMBERS", 3)
    monkeypatch.setattr(zips, "ZipFile", read)
    with pytest.raises(UserError, match="more than 3 members"):
        opened(tmp_path, as_zip({f"{number}": b"1" for number in range(9)}))


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path) -> None:
    data = bytearray(as_tar({"a": b"1", "b": b"2", "c": b"3"}))
    data[1024 + 5] ^= 1
    with pytest.raises(UserError, match=r"ends early, or is damaged at byte 1,024"):
        opened(tmp_path, bytes(data))


def test_a_tar_that_leads_backwards_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("a").tobuf(tarfile.GNU_FORMAT)
    size = b"\xff" * 11 + b"\x00"  # -256
    forged = bytearray(header[:124] + size + header[136:])
    forged[148:156] = b" " * 8
    forged[148:156] = b"%06o\0 " % sum(forged)
    with pytest.raises(UserError, match=r"^photos: "):
        opened(tmp_path, bytes(forged) + bytes(1024))


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n", bytes(2000), b"PK", b"\x1f"])
def test_what_is_no_archive_is_named(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserError, match=r"^photos: is no archive of a known kind; it must be zip"):
        opened(tmp_path, data)


@pytest.mark.parametrize("data", [b"PK\3\4hello", b"BZhello"])
def test_what_only_begins_like_an_archive_is_named(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserError, match=r"^photos: cannot be unpacked"):
        opened(tmp_path, data)


def test_a_compressed_file_that_is_no_tar_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^photos: is compressed with gzip, but there is no tar"):
        opened(tmp_path, gzip.compress(b"hello"))


def test_a_full_disk_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(PACKERS["tar.gz"](FILES))
    with pytest.raises(UserError, match=r"cannot be unpacked \(No such file.*; free some space"):
        archive.store(tmp_path / "packed", "photos", Bounds(10**6, tmp_path / "none"))


def test_a_tar_within_several_gzip_members_is_whole(tmp_path: Path) -> None:
    data = as_tar(FILES)
    halves = gzip.compress(data[:700]) + gzip.compress(data[700:])
    assert len(opened(tmp_path, halves).names()) == 3
