"""Load images whole, or refuse them: Pillow fills in pixels that are missing."""

from collections.abc import Callable
from io import BytesIO
from re import compile as pattern

from PIL import Image as Picture
from PIL.ImageFile import ImageFile

from reprise.codecs import jpeg2000, jpeg_scans, png, tiff
from reprise.codecs.jpeg_scans import SHORT
from reprise.codecs.undecodable import UndecodableError
from reprise.shortage import lacking

RUN = pattern(rb"\0{32,}")
PIXELS = {b"VP8 ", b"VP8L"}  # chunks of WebP
SPARE = 16  # bytes: no encoder writes more than the pixels take, but for a few
HEAD = 12  # bytes before the first chunk of WebP


def filled(picture: Picture.Image, data: bytes) -> bool:
    """Say whether no run of zeros in the file of a loaded picture stands for missing data."""
    if not RUN.search(data):
        return True
    if picture.format == "WEBP":
        # Zeros are decoded to cheap pixels: then data are left over when the picture is done. In a
        # sound file, where zeros are an even area, they are needed to the last one.
        shorter = _shortened(data)
        return shorter == data or _pixels(shorter) is None
    # Their coders never write such a run: it is part of the pixels if other bytes give others. Of
    # a profile or EXIF data they do not.
    start, end = _media(data)
    other = RUN.sub(lambda run: b"\xff" * len(run[0]), data[start:end])
    if other == data[start:end]:
        return True
    return _pixels(data[:start] + other + data[end:]) == picture.tobytes()


def _media(data: bytes) -> tuple[int, int]:
    """Return where the box with the pixels begins and ends (ISO/IEC 14496-12, section 4.2)."""
    at = 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        size = size if size >= 8 else len(data) - at  # 0: up to the end
        if kind == b"mdat":
            return at + 8, min(len(data), at + size)
        at += size
    return 0, len(data)


def _shortened(data: bytes) -> bytes:
    """Return a WebP file whose pixels are `SPARE` bytes short."""
    parts, at = list[bytes](), HEAD
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + size]
        body = body[:-SPARE] if name in PIXELS else body
        parts.append(name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2))
        at += 8 + size + size % 2
    rest = b"WEBP" + b"".join(parts)
    return data[:4] + len(rest).to_bytes(4, "little") + rest


def _pixels(data: bytes) -> bytes | None:
    """Return the pixels of a file, or nothing where it is damaged."""
    try:
        with Picture.open(BytesIO(data)) as picture:
            return picture.tobytes()
    except Exception as error:  # damaged bytes make decoders raise almost anything
        if lacking(error):
            raise
        return None


Check = Callable[[ImageFile, bytes], bool]
CHECKS: dict[str, Check] = {  # of the whole file, whose picture is loaded
    "AVIF": filled,
    "HEIF": filled,
    "JPEG2000": lambda _, data: jpeg2000.whole(data),
    "PNG": lambda _, data: png.whole(data),
    "WEBP": filled,
}


def load(picture: ImageFile, data: bytes) -> None:
    """Decode an opened file from its bytes.

    Without compression, zeros cannot be told from a black area. What ends early of these formats,
    and of the others that are not here, Pillow refuses.

    Raises:
        UndecodableError: pixels are missing.
    """
    if picture.format in {"JPEG", "MPO"}:
        jpeg_scans.load(picture, data)
        return
    if picture.format == "TIFF" and not tiff.whole(picture, data):
        raise UndecodableError(SHORT)
    picture.load()  # before all else: a TIFF file turns itself, and then says so
    if picture.format in CHECKS and not CHECKS[picture.format](picture, data):
        raise UndecodableError(SHORT)
