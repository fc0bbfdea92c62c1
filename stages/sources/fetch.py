"""Fetch a file from an address: whole and verified, or not at all."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from reprise.shortage import lacking
from stages import files
from stages.address import public
from stages.errors import UserError
from stages.progress import Progress
from stages.sources.limits import check_bytes
from stages.sources.retry import with_retries

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

HAS = "has"
BLOCK = 4 * 2**20  # bytes in memory at once
TIMEOUT = {"sock_connect": 30.0, "sock_read": 60.0}  # seconds; a whole answer may take hours


def fetch(address: str, target: Path, checksum: str | None = None, most: int = sys.maxsize) -> None:
    """Fetch the file to `target`; `checksum` is `sha256:` or `md5:` with the digits behind.

    Raises:
        UserError: it cannot be fetched or stored, has more than `most` bytes, or the checksum
            differs; `target` is as it was.
    """
    scheme, mark, rest = address.partition("://")
    address = f"{scheme.lower()}{mark}{rest}" if mark else address
    with files.replacing(target) as partial:
        with _explain_storage_errors(address, target):
            file = partial.open("wb", buffering=0)
        with file:
            with_retries(address, _Transfer(address, target, file, most).finish)
        if checksum is not None:
            verify(address, partial, checksum)


def verify(name: str, path: Path, checksum: str) -> None:
    """Compare a file with its checksum, `sha256:` or `md5:` with the digits behind.

    Raises:
        UserError: they differ; `name` is what the user knows the file by.
    """
    kind, _, expected = checksum.partition(":")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found != expected.lower():
        raise UserError(
            f"{public(name)}: its {kind} is {found}, expected {expected.lower()}; it is damaged, "
            "or was replaced: fetch it again, or correct download.sha256 if the digits stand there"
        )


class _Transfer:
    """A transfer that can be resumed: `finish` continues where the last call broke off."""

    def __init__(self, address: str, target: Path, file: BinaryIO, most: int) -> None:
        self._address, self._target, self._file, self._most = address, target, file, most
        self._web = address.startswith(("http://", "https://"))
        self._about: dict[str, Any] = {}

    def finish(self) -> None:
        """Fetch what is missing, or all where the file changed or its middle is not served."""
        from fsspec import url_to_fs  # noqa: PLC0415 - with its client, half a second

        options = _web_options() if self._web else {}
        source, path = url_to_fs(self._address, skip_instance_cache=True, **options)
        about = source.info(path)
        if about["type"] != "file":
            raise IsADirectoryError("it is a folder")
        check_bytes(about.get("size") or 0, self._most, HAS)
        if about != self._about:
            self._rewind()
        self._about = about
        try:
            self._append(source, path)
        except ValueError:  # the server begins at the beginning only
            if not self._file.tell():
                raise
            self._rewind()
            self._append(source, path)

    def _append(self, source: "AbstractFileSystem", path: str) -> None:
        """Fetch from the offset reached to the end."""
        offset, size = self._file.tell(), self._about.get("size")
        # Without blocks, a web server sends all in one answer: what every one can do.
        options = {"block_size": 0} if self._web and not offset else {}
        name = f"fetch {public(self._address).rsplit('/', maxsplit=1)[-1]}"
        with (
            source.open(path, "rb", **options) as remote,
            Progress(name, size, "B") as progress,
        ):
            remote.seek(offset)
            progress.advance(offset)
            while block := remote.read(BLOCK):
                check_bytes(self._file.tell() + len(block), self._most, HAS)
                self._store(block)
                progress.advance(len(block))
        if size is not None and self._file.tell() != size:
            raise ConnectionError(f"{self._file.tell()} of {size} bytes came")

    def _store(self, block: bytes) -> None:
        rest = memoryview(block)
        with _explain_storage_errors(self._address, self._target):
            while rest:
                rest = rest[self._file.write(rest) :]

    def _rewind(self) -> None:
        with _explain_storage_errors(self._address, self._target):
            self._file.seek(0)
            self._file.truncate()


def _web_options() -> dict[str, Any]:
    """Return what fsspec tells its web client: to use a proxy where one is named, and limits."""
    from aiohttp import ClientTimeout  # noqa: PLC0415 - as above

    return {"client_kwargs": {"timeout": ClientTimeout(None, **TIMEOUT), "trust_env": True}}


@contextmanager
def _explain_storage_errors(address: str, target: Path) -> Iterator[None]:
    """Report an error of the disk as such: a broken connection is an OSError, too."""
    try:
        yield
    except OSError as error:
        if lacking(error) not in {None, "disk"}:
            raise
        raise UserError(
            f"{public(address)}: cannot be stored as {target}: {error.strerror or error}; "
            "free some space or mend the permissions, then run the stage again"
        ) from error
