"""Archives are read and never unpacked; hostile and damaged ones end in a row that says so."""

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from toys import encoded, pixels

from reprise.directory import Failure, Skipped, Source
from reprise.inputs import Loaded, load
from reprise.sourcing import limited
from reprise.sourcing.packed import pictures
from reprise.spec import InputSpec

SPEC = InputSpec(6, 7, 3, "stretch", "bilinear")
GOOD = {"a/1.png": encoded(pixels(1)), "a/2.jpg": encoded(pixels(2), "JPEG"),
        "b/no suffix": encoded(pixels(3))}  # fmt: skip
JUNK = {"a/.hidden.png": b"text", "__MACOSX/a/._1.png": b"text"}
OTHER = {"a/notes.txt": b"text", "labels.csv": b"file,label\n"}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.mkdir("a")
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def tarred(files: dict[str, bytes], *more: tarfile.TarInfo) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in more:
            archive.addfile(entry)
    return made.getvalue()


def zstd(data: bytes) -> bytes:
    pa = pytest.importorskip("pyarrow")
    packed_bytes: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return packed_bytes


KINDS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    ".zip": zipped,
    ".ZIP": lambda files: zipped(files, zipfile.ZIP_STORED),
    ".tar": tarred,
    ".tar.gz": lambda files: gzip.compress(tarred(files)),
    ".tgz": lambda files: gzip.compress(tarred(files)),
    ".tar.bz2": lambda files: bz2.compress(tarred(files)),
    ".tar.xz": lambda files: lzma.compress(tarred(files)),
    ".tar.zst": lambda files: zstd(tarred(files)),
}


@pytest.fixture
def found(tmp_path: Path) -> Callable[[str, bytes], list[Source | Failure]]:
    """Return what reads an archive of a name and content."""

    def read(name: str, data: bytes, skipped: Skipped | None = None) -> list[Source | Failure]:
        (tmp_path / name).write_bytes(data)
        return list(pictures(tmp_path / name, name, skipped or Skipped()))

    return read


Found = Callable[..., list[Source | Failure]]


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_an_archive_are_those_of_its_files(kind: str, found: Found) -> None:
    skipped, name = Skipped(), f"all{kind}"
    sources = found(name, KINDS[kind](GOOD | JUNK | OTHER), skipped)
    assert [one.name for one in sources] == [f"{name}/{member}" for member in GOOD]
    for one, data in zip(sources, GOOD.values(), strict=True):
        assert isinstance(one, Source)
        taken, expected = load(one, SPEC), load(Source("", data), SPEC)
        assert isinstance(taken, Loaded)
        assert isinstance(expected, Loaded)
        np.testing.assert_array_equal(taken.pixels, expected.pixels)
    assert sorted(skipped.names) == sorted(f"{name}/{member}" for member in OTHER)


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_without_a_picture_is_a_failure(kind: str, found: Found) -> None:
    assert found(f"a{kind}", KINDS[kind](OTHER)) == [Failure(f"a{kind}", "contains no image")]


@pytest.mark.parametrize("name", ["/etc/1.png", "../../1.png", "C:\\1.png", "a/../../1.png"])
@pytest.mark.parametrize("kind", [".zip", ".tar"])
def test_a_name_is_never_a_path(kind: str, name: str, found: Found, tmp_path: Path) -> None:
    before = {*tmp_path.rglob("*")}
    (one,) = found(f"a{kind}", KINDS[kind]({name: GOOD["a/1.png"]}))
    assert isinstance(one, Source)
    assert isinstance(load(one, SPEC), Loaded)
    assert {*tmp_path.rglob("*")} - before == {tmp_path / f"a{kind}"}


@pytest.mark.parametrize("kind", [".zip", ".tar"])
def test_members_are_named_without_the_folder_that_was_packed(kind: str, found: Found) -> None:
    picture = GOOD["a/1.png"]
    made = KINDS[kind]({"./1.png": picture, "./b/./2.png": picture})
    assert [one.name for one in found(f"a{kind}", made)] == [f"a{kind}/1.png", f"a{kind}/b/2.png"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_told_and_not_followed(kind: bytes, found: Found) -> None:
    entry = tarfile.TarInfo("x.png")
    entry.type, entry.linkname = kind, "/etc/passwd"
    _, one = found("a.tar", tarred({"1.png": GOOD["a/1.png"]}, entry))
    assert isinstance(one, Source)
    assert load(one, SPEC) == Failure("a.tar/x.png", "is a link or a device")


@pytest.mark.parametrize("kind", [".zip", ".tar", ".tar.gz"])
def test_a_member_that_is_too_large_is_told_and_the_others_are_read(
    kind: str, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limited, "LARGEST", 2**20)
    monkeypatch.setattr(limited, "BLOCK", 2**16)
    files = {"1.png": GOOD["a/1.png"], "2.png": bytes(2**21), "3.png": GOOD["a/1.png"]}
    rows = found(f"a{kind}", KINDS[kind](files))
    loaded = [load(one, SPEC) for one in rows if isinstance(one, Source)]
    assert [isinstance(one, Loaded) for one in loaded] == [True, False, True]
    assert isinstance(loaded[1], Failure)
    assert "too much for a picture from elsewhere" in loaded[1].reason


def test_a_bomb_takes_no_memory(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "LARGEST", 2**20)
    data = zipped({f"{n}.png": bytes(2**26) for n in range(3)})
    tracemalloc.start()
    try:
        for one in found("a.zip", data):
            assert isinstance(one, Source)
            assert isinstance(load(one, SPEC), Failure)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_a_tar_that_never_ends_does(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reprise.sourcing.tarred.MOST", 2**20)
    (_, end) = found("a.tar", tarred({"1.png": GOOD["a/1.png"], "2.bin": bytes(2**20)}))
    assert isinstance(end, Failure)
    assert "unpacks to more than 1,048,576 bytes" in end.reason


def test_a_header_of_a_gigabyte_is_not_read(found: Found) -> None:
    entry = tarfile.TarInfo("pax")
    entry.type, entry.size = tarfile.XHDTYPE, 2**33
    (end,) = found("a.tar", entry.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    assert isinstance(end, Failure)
    assert "a header of 8,589,934,592 bytes" in end.reason


def test_a_header_that_leads_back_ends(found: Found) -> None:
    entry = bytearray(tarfile.TarInfo("1.png").tobuf())
    entry[124:136] = b"\xff" * 11 + b"\x00"  # a size of -256, in base 256
    entry[148:156] = b" " * 8
    entry[148:156] = f"{sum(entry):06o}\0 ".encode()
    (end,) = found("a.tar", bytes(entry) + bytes(1024))
    assert isinstance(end, Failure)


def pax(records: dict[str, bytes], kind: bytes) -> bytes:
    """Return an extended header of a tar (POSIX.1-2001)."""
    body = b""
    for key, value in records.items():
        said = f" {key}=".encode() + value + b"\n"
        size = next(n for n in range(9**9) if len(str(n)) + len(said) == n)
        body += str(size).encode() + said
    entry = tarfile.TarInfo("pax")
    entry.type, entry.size = kind, len(body)
    return entry.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)


def old_sparse() -> bytes:
    """Return the first of any number of records that list the parts of a sparse file."""
    entry = tarfile.TarInfo("1.png")
    entry.type = tarfile.GNUTYPE_SPARSE
    head = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    head[482] = 1  # there are more
    head[148:156] = b" " * 8
    head[148:156] = f"{sum(head):06o}\0 ".encode()
    return bytes(head)


def new_sparse() -> bytes:
    records = {"GNU.sparse.major": b"1", "GNU.sparse.minor": b"0", "GNU.sparse.name": b"1.png",
               "GNU.sparse.realsize": b"9"}  # fmt: skip
    entry = tarfile.TarInfo("1.png")
    entry.size = 2**27
    return pax(records, tarfile.XHDTYPE) + entry.tobuf(tarfile.USTAR_FORMAT) + b"9999999999\n"


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (old_sparse(), (b"00000000001\0" * 42 + b"\1").ljust(512, b"\0")),
        (new_sparse(), b"1\n" * 256),
    ],
    ids=["of 1992", "of 2006"],
)
def test_a_list_of_holes_is_not_read(begin: bytes, more: bytes, found: Found) -> None:
    data = gzip.compress(begin + more * 50_000)  # 25 MB; tarfile makes 75 or more of them
    tracemalloc.start()
    try:
        (end,) = found("a.tgz", data)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
    assert isinstance(end, Failure)
    assert "a sparse file, whose holes are not read" in end.reason


def test_headers_for_all_files_are_not_gathered(found: Found) -> None:
    entry = tarfile.TarInfo("a.txt").tobuf(tarfile.USTAR_FORMAT)
    parts = (pax({f"k{n}": bytes(10**5)}, tarfile.XGLTYPE) + entry for n in range(30))
    (end,) = found("a.tar", b"".join(parts) + bytes(1024))
    assert isinstance(end, Failure)
    assert "its global headers have more than 1,048,576 bytes" in end.reason


def test_xz_gets_no_more_memory_than_its_own_highest_level_needs(found: Found) -> None:
    data = tarred(GOOD)
    for level in (0, 9 | lzma.PRESET_EXTREME):
        assert len(found("a.txz", lzma.compress(data, preset=level))) == len(GOOD)
    head = bytearray(lzma.compress(data))
    end = 12 + 4 * (head[12] + 1)  # of the header of the block, where its checksum stands
    head[head.index(b"\x21\x01", 12) + 2] = 40  # a dictionary of 4 GiB
    head[end - 4 : end] = struct.pack("<I", zlib.crc32(head[12 : end - 4]))
    (failed,) = found("a.txz", bytes(head))
    assert isinstance(failed, Failure)
    assert "Memory usage limit exceeded" in failed.reason


def test_streams_of_xz_follow_each_other(found: Found) -> None:
    data = tarred(GOOD)
    parts = [lzma.compress(data[:1000]), lzma.compress(data[1000:]) + bytes(8), lzma.compress(b"")]
    assert len(found("a.tar.xz", b"".join(parts))) == len(GOOD)
    alone = lzma.compress(data, lzma.FORMAT_ALONE, preset=6)
    assert len(found("a.tar.xz", alone)) == len(GOOD)


def test_an_encrypted_member_is_told(found: Found) -> None:
    data = bytearray(zipped({"1.png": GOOD["a/1.png"]}, zipfile.ZIP_STORED))
    at = data.rfind(b"PK\1\2")
    data[at + 8 : at + 10] = struct.pack("<H", 1)
    (one,) = found("a.zip", bytes(data))
    assert isinstance(one, Source)
    assert load(one, SPEC) == Failure("a.zip/1.png", "is encrypted; pack it without a password")


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_archive_says_so(kind: str, found: Found) -> None:
    data, chance = KINDS[kind](GOOD), random.Random(3)  # noqa: S311
    for share in (0.0, 0.3, 0.6, 0.9):
        rows = found(f"a{kind}", data[: int(share * len(data.rstrip(b"\0")))])
        assert isinstance(rows[-1], Failure), share
    for _ in range(30):
        changed = bytearray(data)
        for _ in range(3):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        for one in found(f"a{kind}", bytes(changed)):
            if isinstance(one, Source):
                load(one, SPEC)  # a picture or a reason, and no other error


def test_zstandard_says_what_it_takes(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    data = KINDS[".tar.zst"](GOOD)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert found("a.tar.zst", data) == [
        Failure("a.tar.zst", "Zstandard takes pyarrow: `pip install pyarrow`")
    ]
