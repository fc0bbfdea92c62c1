"""Pictures are loaded whole or refused; Pillow itself makes pixels of what is missing, too."""

from PIL.ImageFile import ImageFile

from reprise import codestream, holes, png, scans
from reprise.faults import UndecodableError

UNWRITTEN = "cut short or damaged: there are zeros in place of some of its data"


def load(picture: ImageFile, data: bytes) -> None:
    """Decode an opened file from its bytes.

    Formats without compression cannot be told from pictures with a black area; Pillow itself
    refuses what ends early of these and of all others.

    Raises:
        UndecodableError: pixels are missing.
    """
    if picture.format in {"JPEG", "MPO"}:
        scans.load(picture, data)
        return
    picture.load()  # first of all: a TIFF file turns itself, and then says so
    if picture.format == "PNG" and not png.whole(data):
        raise UndecodableError("cut short or damaged: its pixels have not the checksum it states")
    if picture.format == "JPEG2000" and not codestream.whole(data):
        raise UndecodableError(scans.EARLY)
    if picture.format in {"WEBP", "AVIF", "HEIF"} and holes.unwritten(picture, data):
        raise UndecodableError(UNWRITTEN)
