"""Load pictures whole, or refuse them; Pillow fills in pixels that are missing."""

from collections.abc import Callable

from PIL.ImageFile import ImageFile

from reprise import codestream, holes, png, scans, tiff
from reprise.faults import UndecodableError
from reprise.scans import SHORT

Check = Callable[[ImageFile, bytes], bool]
CHECKS: dict[str, Check] = {  # of the whole file, whose picture is loaded
    "AVIF": holes.filled,
    "HEIF": holes.filled,
    "JPEG2000": lambda _, data: codestream.whole(data),
    "PNG": lambda _, data: png.whole(data),
    "WEBP": holes.filled,
}


def load(picture: ImageFile, data: bytes) -> None:
    """Decode an opened file from its bytes.

    Without compression, zeros cannot be told from a black area. What ends early of these formats,
    and of the others that are not here, Pillow refuses.

    Raises:
        UndecodableError: pixels are missing.
    """
    if picture.format in {"JPEG", "MPO"}:
        scans.load(picture, data)
        return
    if picture.format == "TIFF" and not tiff.whole(picture, data):
        raise UndecodableError(SHORT)
    picture.load()  # before all else: a TIFF file turns itself, and then says so
    if picture.format in CHECKS and not CHECKS[picture.format](picture, data):
        raise UndecodableError(SHORT)
