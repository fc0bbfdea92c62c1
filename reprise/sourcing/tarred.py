"""Read the files of a tar from start to end, in bounded memory, whatever it says of itself."""

import lzma
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from reprise.codecs.undecodable import UndecodableError
from reprise.sourcing import limited

ZSTD, XZ = b"\x28\xb5\x2f\xfd", (b"\xfd7zXZ", b"\x5d\x00\x00\x80")
MEMORY = 2**28  # bytes that unpacking xz may take; `xz -9` asks for 68 MB, a hostile file for 4 GB
MOST = 10**11  # bytes that a tar unpacks to, as `download.max_bytes` has it
RECORD = 512  # bytes; every header of a tar is one, and every file is filled up to a multiple
LONGEST = 2**20  # bytes of a name and the like, which tarfile reads at once
EXTENDED = {
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}  # fmt: skip
SPARSE = "a sparse file, whose holes are not read"


class PackedFile(NamedTuple):
    """A file of an archive."""

    name: str
    get: Callable[[], bytes]
    held: int = 0  # bytes of it that are in memory until they are got


def members(path: Path) -> Iterator[PackedFile]:
    """Yield the files of a tar, without a seek; each is read when it is yielded.

    Raises:
        TarError: the archive is damaged, or unpacks to more than `MOST` bytes.
    """
    with path.open("rb") as file, _opened(file) as tar:
        while (entry := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # or every header stays in memory
            if entry.offset_data + entry.size > MOST:
                raise tarfile.ReadError(f"it unpacks to more than {MOST:,} bytes")
            if sum(map(len, tar.pax_headers.values())) > LONGEST:  # of all files from here on
                raise tarfile.ReadError(f"its global headers have more than {LONGEST:,} bytes")
            if not entry.isdir():
                yield _member(tar, entry)


def _member(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> PackedFile:
    if not entry.isreg() or entry.size > limited.LARGEST:
        reason = limited.TOO_LARGE if entry.isreg() else "is a link or a device"
        return PackedFile(entry.name, partial(_refuse, reason))
    content = tar.extractfile(entry)
    data = limited.read(content.read) if content else b""
    return PackedFile(entry.name, partial(bytes, data), len(data))


def _refuse(reason: str) -> bytes:
    raise UndecodableError(reason)


def _opened(file: BufferedReader) -> tarfile.TarFile:
    start = file.read(len(XZ[0]))
    file.seek(0)
    if start.startswith(XZ):
        unpacked = cast("BinaryIO", _Xz(file))  # tarfile reads, and does nothing else
        return tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Entry, encoding="utf-8")
    if not start.startswith(ZSTD):
        return tarfile.open(fileobj=file, mode="r|*", tarinfo=_Entry, encoding="utf-8")
    try:
        import pyarrow as pa  # noqa: PLC0415 - the predictor does without
    except ModuleNotFoundError as error:
        raise UndecodableError("Zstandard takes pyarrow: `pip install pyarrow`") from error
    stream = pa.input_stream(file, compression="zstd")
    return tarfile.open(fileobj=stream, mode="r|", tarinfo=_Entry, encoding="utf-8")


class _Xz:
    """Streams of xz, one behind the other, unpacked in bounded memory; tarfile sets no bound."""

    def __init__(self, file: BufferedReader) -> None:
        self._file, self._decoder = file, lzma.LZMADecompressor(memlimit=MEMORY)

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end."""
        while True:
            if self._decoder.eof:
                rest = self._decoder.unused_data.lstrip(b"\0") or self._file.read(limited.BLOCK)
                if not (rest := rest.lstrip(b"\0")):
                    return b""
                self._decoder = lzma.LZMADecompressor(memlimit=MEMORY)
            else:
                rest = self._file.read(limited.BLOCK) if self._decoder.needs_input else b""
                if not rest and self._decoder.needs_input:
                    raise EOFError("it ends early")
            if data := self._decoder.decompress(rest, size):
                return data


class _Entry(tarfile.TarInfo):
    """A header that is whole, or an error: tarfile takes a damaged one for the end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Entry":
        try:
            made = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the end
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"it ends early, or is damaged: {error}") from error
        if made.type in EXTENDED and made.size > LONGEST:
            raise tarfile.ReadError(f"a header of {made.size:,} bytes")
        if made.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError(SPARSE)
        return made

    def _proc_gnusparse_10(self, *_: object) -> None:  # its list of holes may be of any length
        raise tarfile.ReadError(SPARSE)

    def _block(self, count: int) -> int:
        # Python before 3.11.14 reads the same headers for ever (CVE-2025-8194).
        if count < 0:
            raise tarfile.ReadError("a negative size")
        return -(-count // RECORD) * RECORD
