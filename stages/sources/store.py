"""The files of a source by name, wherever they lie: in a folder, or packed in an archive."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from stages.errors import UserError

LARGEST = 2**30  # bytes that one image or label may have; no picture is larger
MACOS = "__MACOSX"
WINDOWS = {"thumbs.db": "Thumbs.db", "desktop.ini": "desktop.ini"}


class RefusedError(Exception):
    """Why an archive is not read, with the remedy; who knows its name tells the user."""


class Member(NamedTuple):
    """A file, or a folder, of a source."""

    name: str  # relative, POSIX; a folder's ends with a slash
    size: int  # bytes, as declared
    open: Callable[[], BinaryIO]  # seekable


class Store:
    """Files to read at random; junk is left out, and counted."""

    place: str  # what the user knows it by
    folders: frozenset[str]  # all of them, those without a file too
    passed_over: Mapping[str, int]  # files that are junk, by what they are

    def __init__(self, place: str, members: Iterable[Member]) -> None:
        self.place = place
        self._files = dict[str, Callable[[], BinaryIO]]()
        junk, folders = Counter[str](), set[str]()
        for member in members:
            self._check(member.name)
            kind = _junk(member)
            if kind in {None, "empty file"}:
                folders.update(str(folder) for folder in PurePosixPath(member.name).parents)
            if member.name.endswith("/"):
                folders.update({member.name.rstrip("/")} if kind is None else ())
            elif kind is None:
                self._files[member.name] = member.open
            else:
                junk[kind] += 1
        self.folders, self.passed_over = frozenset(folders - {"."}), dict(sorted(junk.items()))

    def names(self) -> list[str]:
        """Return the names of the files, sorted: the same ones from a folder and its archive."""
        return sorted(self._files)

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading at random.

        Raises:
            UserError: it is damaged, or may not be read.
        """
        try:
            return self._files[name]()
        except Exception as error:  # damaged bytes make the libraries raise almost anything
            raise self._unreadable(name, error) from error

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            UserError: it is damaged, may not be read, or is too large for an image.
        """
        with self.open(name) as file:
            try:
                data = file.read(LARGEST + 1)
            except Exception as error:  # as above
                raise self._unreadable(name, error) from error
        if len(data) > LARGEST:
            raise UserError(
                f"{self.place}: {name}: has more than {LARGEST:,} bytes, which no image has; "
                "leave it out"
            )
        return data

    def _check(self, name: str) -> None:
        """Refuse a name that no artifact can hold, or that two files have."""
        if name in self._files:
            raise UserError(f"{self.place}: {name}: is in it twice; pack it once")
        try:
            name.encode()
        except UnicodeEncodeError as error:
            shown = name.encode(errors="backslashreplace").decode()
            raise UserError(
                f"{self.place}: {shown}: its name is not UTF-8; rename it, then bring it again"
            ) from error

    def _unreadable(self, name: str, error: Exception) -> UserError:
        return UserError(
            f"{self.place}: {name}: cannot be read ({reason(error)}); bring it anew or leave it out"
        )


def reason(error: BaseException) -> str:
    """Say in one line what a library says in many, or in none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _junk(member: Member) -> str | None:
    """Say what kind of junk it is, if it is."""
    parts = PurePosixPath(member.name).parts
    if MACOS in parts:
        return MACOS
    if any(part.startswith(".") for part in parts):
        return "hidden file"
    if kind := WINDOWS.get(parts[-1].lower()):
        return kind
    return "empty file" if not member.size and not member.name.endswith("/") else None
