"""The files of a source by name, in a folder or packed in an archive."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple
from unicodedata import is_normalized, normalize

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages.errors import UserError
from stages.sources.reports import excerpt

MAX_IMAGE_BYTES = 2**30  # bytes that one image or label may have; no picture is larger
EMPTY = "empty file"
MACOS = "__MACOSX"
WINDOWS = {"thumbs.db": "Thumbs.db", "desktop.ini": "desktop.ini"}


class Member(NamedTuple):
    """A file, or a folder, of a source."""

    name: str  # relative, POSIX; a folder's ends with a slash
    size: int  # bytes, as declared
    open: Callable[[], BinaryIO]  # seekable


class Store:
    """Files to read in any order; junk is left out and listed."""

    place: str  # what the user knows it by
    most: int  # bytes that may come in, unpacked
    folders: frozenset[str]  # all of them, those without a file too
    junk: Mapping[str, Sequence[str]]  # files that are no data, by what they are

    def __init__(self, place: str, members: Iterable[Member], most: int = sys.maxsize) -> None:
        self.place, self.most = excerpt(place), most
        self._files = dict[str, Member]()
        junk, folders = defaultdict[str, list[str]](list), set[str]()
        for member in _composed(members):
            self._check(member.name)
            kind = _junk_kind(member)
            if kind in {None, EMPTY}:
                folders.update(str(folder) for folder in PurePosixPath(member.name).parents)
            if member.name.endswith("/"):
                folders.update({member.name.rstrip("/")} if kind is None else ())
            elif kind is None:
                self._files[member.name] = member
            else:
                junk[kind].append(member.name)
        self.folders = frozenset(folders - {"."})
        self.junk = {kind: sorted(names) for kind, names in sorted(junk.items())}

    def without(self, names: Collection[str]) -> "Store":
        """Return a store of the other files; folders that hold none but these are gone."""
        rest = Store(self.place, [m for n, m in self._files.items() if n not in names], self.most)
        emptied = {str(folder) for name in names for folder in PurePosixPath(name).parents}
        rest.folders |= self.folders - emptied
        rest.junk = self.junk
        return rest

    @property
    def passed_over(self) -> dict[str, int]:
        """Count the junk."""
        return {kind: len(names) for kind, names in self.junk.items()}

    def names(self) -> list[str]:
        """Return the names of the files, sorted: the same ones from a folder and its archive."""
        return sorted(self._files)

    def open(self, name: str, most: int | None = None) -> BinaryIO:
        """Open a file of no more than `most` bytes; it is seekable.

        Raises:
            UserError: it is larger, is damaged, or may not be read.
        """
        if most is not None and self._files[name].size > most:
            raise self._too_large(name, most)
        try:
            return self._files[name].open()
        except Exception as error:  # damaged bytes make the libraries raise almost anything
            raise self._unreadable(name, error) from error

    def read(self, name: str, most: int | None = None) -> bytes:
        """Return the content of a file of no more than `most` bytes, by default an image's.

        Raises:
            UserError: it is damaged, may not be read, or is too large.
        """
        most = MAX_IMAGE_BYTES if most is None else most
        with self.open(name, most) as file:
            try:
                data = file.read(most + 1)
            except Exception as error:  # as above
                raise self._unreadable(name, error) from error
        if len(data) > most:
            raise self._too_large(name, most)
        return data

    def _check(self, name: str) -> None:
        """Refuse a name that is not UTF-8, or that two files have."""
        if name in self._files:
            raise UserError(f"{self.place}: {excerpt(name)}: is in it twice; pack it once")
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise UserError(
                f"{self.place}: {excerpt(name)}: its name is not UTF-8; rename it, and pack it "
                "again where it is in an archive"
            ) from error

    def _too_large(self, name: str, most: int) -> UserError:
        what = "which no image has" if most == MAX_IMAGE_BYTES else "too many for what it should be"
        return UserError(
            f"{self.place}: {excerpt(name)}: has more than {most:,} bytes, {what}; leave it out"
        )

    def _unreadable(self, name: str, error: Exception) -> UserError:
        """Return the error of a damaged file; a shortage of the machine is raised as it is."""
        if lacking(error):
            raise error
        remedy = "fetch it again, or leave it out"
        return UserError(
            f"{self.place}: {excerpt(name)}: cannot be read ({error_reason(error)}); {remedy}"
        )


def _composed(members: Iterable[Member]) -> list[Member]:
    """Return the members with their names composed (NFC), unless two would have one name then.

    macOS may decompose (NFD) the names that another system composes: the same images are to give
    the same bytes.
    """
    found = [*members]
    spelt = {name: normalize("NFC", name) for name, *_ in found if not is_normalized("NFC", name)}
    if not spelt:
        return found
    taken = Counter(spelt.get(name, name) for name, *_ in found)
    new = {name: form for name, form in spelt.items() if taken[form] == 1}
    return [member._replace(name=new.get(member.name, member.name)) for member in found]


def error_reason(error: BaseException) -> str:
    """Return the first line of an error's message or, if it has none, its type."""
    return excerpt(first_line(error))


def _junk_kind(member: Member) -> str | None:
    """Return what kind of junk a member is, or None."""
    parts = PurePosixPath(member.name).parts
    if MACOS in parts:
        return MACOS
    if any(part.startswith(".") for part in parts):
        return "hidden file"
    if kind := WINDOWS.get(parts[-1].lower()):
        return kind
    return EMPTY if not member.size and not member.name.endswith("/") else None
