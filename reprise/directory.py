"""Find the pictures in a folder and below, and count the other files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image as Picture
from PIL.ImageFile import StubImageFile

from reprise.codecs import heif, jpeg, png
from reprise.escaping import printable
from reprise.shortage import lacking

# Of the formats that Pillow decodes, the last three with another package. Files of other names are
# taken if they are pictures by their content, as stage `preprocess` takes whatever its name is.
SUFFIXES = {
    ".apng", ".avif", ".bmp", ".gif", ".ico", ".j2c", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg",
    ".jpg", ".jpx", ".mpo", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff",
    ".webp", ".heic", ".heif", ".hif",
}  # fmt: skip
NAMED = 5  # files and suffixes in one message
BOMBS = (Picture.DecompressionBombError, Picture.DecompressionBombWarning)


class Source(NamedTuple):
    """A picture that is still encoded."""

    name: str
    data: Path | bytes


class Failure(NamedTuple):
    """A picture that cannot be predicted, and why."""

    name: str
    reason: str


class Skipped:
    """Files that were passed over: all are counted, the first are named."""

    def __init__(self) -> None:
        self.suffixes = Counter[str]()
        self.names = list[str]()

    def add(self, path: Path) -> None:
        """Count one more."""
        self.suffixes[path.suffix.lower() or "no suffix"] += 1
        self.names += [str(path)] if len(self.names) < NAMED else []

    def __str__(self) -> str:
        """Say in one line how many they are, of which suffixes, and some names."""
        total = self.suffixes.total()
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in self.suffixes.most_common(NAMED))
        other = ", others" if len(self.suffixes) > NAMED else ""
        rest = f" and {total - NAMED:,} more" if total > NAMED else ""
        names = ", ".join(map(printable, self.names))
        return (
            f"passed over {total:,} that are no images ({printable(kinds)}{other}): {names}{rest}"
        )


def pictures(folder: Path, skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield the pictures in the order of their names; hidden files are none."""
    found = _walk(folder, frozenset({folder.resolve()}), skipped)
    first = next(found, None)
    yield first or Failure(str(folder), "holds no file with the suffix of an image")
    yield from found


def _walk(folder: Path, above: frozenset[Path], skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield what is in a folder and below; `above` are the folders that were entered."""
    try:
        for entry in sorted(folder.iterdir()):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                real = entry.resolve()
                # A link to a folder that it is in leads to nothing new.
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
    """Say whether reading ends: of a pipe it would not; a link to nothing says so itself."""
    return path.is_file() or (path.suffix.lower() in SUFFIXES and not path.exists())


def _is_picture(path: Path) -> bool:
    """Say whether a file is a picture by its content; one that cannot be read may be."""
    try:
        with path.open("rb") as file:
            head = file.read(32)
        if head.startswith((png.MAGIC, jpeg.BEGIN)) or heif.is_heif(head):
            return True
        with Picture.open(path) as picture:
            return picture.format != "EPS" and not isinstance(picture, StubImageFile)
    except Exception as error:  # foreign bytes make decoders raise almost anything
        if lacking(error):
            raise
        unreadable = isinstance(error, OSError) and error.errno is not None
        return unreadable or isinstance(error, BOMBS)
