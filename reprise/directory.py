"""Find the pictures in a folder and its subfolders, and count the other files."""

from collections import Counter
from collections.abc import Callable, Iterator
from io import BufferedReader, BytesIO
from operator import attrgetter
from pathlib import Path, PurePath
from typing import NamedTuple

from PIL import Image as Picture

from reprise.codecs import heif, jpeg, kinds, png
from reprise.decoding import BOMBS
from reprise.escaping import printable
from reprise.shortage import lacking

# Of the formats that Pillow decodes, the last three with the package pillow-heif. Files of other
# names are taken if their content is a picture, as stage `preprocess` does.
SUFFIXES = {
    ".apng", ".avif", ".bmp", ".gif", ".ico", ".j2c", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg",
    ".jpg", ".jpx", ".mpo", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff",
    ".webp", ".heic", ".heif", ".hif",
}  # fmt: skip
NAMED = 5  # files and suffixes in one message


class Source(NamedTuple):
    """A picture to be read."""

    name: str  # empty: it has none
    # A file, its bytes, what gets them, or a decoded picture of mode L or RGB.
    data: Path | bytes | Callable[[], bytes] | Picture.Image
    label: str | None = None  # what it shows, where a table says so
    held: int = 0  # bytes that `data` keeps in memory, as what is read once must be


class Failure(NamedTuple):
    """A picture that cannot be predicted, and the reason."""

    name: str
    reason: str


class Skipped:
    """Counts files that were passed over, and names the first."""

    def __init__(self) -> None:
        self.suffixes = Counter[str]()
        self.names = list[str]()

    def add(self, path: PurePath) -> None:
        """Count one more file."""
        self.suffixes[path.suffix.lower() or "no suffix"] += 1
        self.names += [str(path)] if len(self.names) < NAMED else []

    def __str__(self) -> str:
        """Return one line with their number, their suffixes and the first names."""
        total = self.suffixes.total()
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in self.suffixes.most_common(NAMED))
        other = ", others" if len(self.suffixes) > NAMED else ""
        rest = f" and {total - NAMED:,} more" if total > NAMED else ""
        names = ", ".join(map(printable, self.names))
        what = "1 file that is no image" if total == 1 else f"{total:,} files that are no images"
        return f"passed over {what} ({printable(kinds)}{other}): {names}{rest}"


def pictures(folder: Path, skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield the pictures in the order of their names, without hidden files."""
    found = _walk(folder, frozenset({folder.resolve()}), skipped)
    first = next(found, None)
    yield first or Failure(str(folder), "contains no image")
    yield from found


def _walk(folder: Path, above: frozenset[Path], skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield the pictures of a folder and its subfolders; `above` are the folders it lies in."""
    try:
        for entry in sorted(folder.iterdir(), key=attrgetter("name")):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                real = entry.resolve()
                # A link to a folder above would never end.
                yield from () if real in above else _walk(entry, above | {real}, skipped)
            elif _opens(entry) and (entry.suffix.lower() in SUFFIXES or _is_picture(entry)):
                yield Source(str(entry), entry)
            else:
                skipped.add(entry)
    except OSError as error:
        if lacking(error):
            raise
        yield Failure(str(folder), error.strerror or str(error))


def _opens(path: Path) -> bool:
    """Check that it is a file, as a pipe may never end; a broken link is reported on reading."""
    return path.is_file() or (path.suffix.lower() in SUFFIXES and not path.exists())


def _is_picture(path: Path) -> bool:
    """Check whether the content is a picture, or cannot be read, which is reported later."""
    try:
        with path.open("rb") as file:
            return is_picture(file)
    except OSError as error:
        if lacking(error):
            raise
        return True


def is_picture(file: BufferedReader | BytesIO) -> bool:
    """Check whether the content of a seekable file is a picture, or cannot be read."""
    try:
        head = file.read(32)
        file.seek(0)
        if head.startswith((png.MAGIC, jpeg.BEGIN)) or heif.is_heif(head):
            return True
        with kinds.opened(file):
            return True
    except Exception as error:  # foreign bytes make decoders raise almost anything
        if lacking(error):
            raise
        unreadable = isinstance(error, OSError) and error.errno is not None
        return unreadable or isinstance(error, BOMBS)
