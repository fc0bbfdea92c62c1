"""Load a picture, or refuse it where pixels are missing, which Pillow would fill in."""

from io import BytesIO
from re import compile as pattern

from PIL import Image as Picture
from PIL.ImageFile import ImageFile

from reprise.codecs import jpeg2000, jpeg_scans, png, tiff
from reprise.codecs.complaints import SHORT
from reprise.codecs.undecodable import UndecodableError
from reprise.shortage import lacking

RUN = pattern(rb"\0{32,}")
PIXELS = {b"VP8 ", b"VP8L"}  # chunks of WebP
SPARE = 16  # bytes: encoders write hardly more than the pixels take
HEAD = 12  # bytes before the first chunk of WebP


def load(picture: ImageFile, data: bytes) -> None:
    """Decode an opened file from its bytes.

    In formats without compression, zeros cannot be told from a black area. Pillow itself refuses
    files of these formats, and of those that are not checked here, if they end early.

    Raises:
        UndecodableError: pixels are missing.
    """
    if picture.format in {"JPEG", "MPO"}:
        jpeg_scans.load(picture, data)
        return
    if picture.format == "TIFF" and not tiff.is_complete(picture, data):
        raise UndecodableError(SHORT)
    picture.load()  # first of all: it turns a TIFF file upright, and updates the orientation
    if not _is_complete(picture, data):
        raise UndecodableError(SHORT)


def _is_complete(picture: ImageFile, data: bytes) -> bool:
    """Check the file of a loaded picture by the rules of its format."""
    match picture.format:
        case "PNG":
            return png.is_complete(data)
        case "JPEG2000":
            return jpeg2000.is_complete(data)
        case "AVIF" | "HEIF" | "WEBP":
            return _has_no_gap(picture, data)
        case _:
            return True


def _has_no_gap(picture: Picture.Image, data: bytes) -> bool:
    """Check that no run of zeros in the file of a loaded picture stands for missing data."""
    if not RUN.search(data):
        return True
    if picture.format == "WEBP":
        # Zeros decode to pixels of few bits, so that the picture is complete before the data end.
        # In a sound file, where zeros are an even area, all data are needed.
        shorter = _shortened(data)
        return shorter == data or _pixels(shorter) is None
    # The coders of AVIF and HEIF never write such a run. If other bytes in its place give other
    # pixels, it is part of the pixels; otherwise of a profile or EXIF data.
    start, end = _media(data)
    other = RUN.sub(lambda run: b"\xff" * len(run[0]), data[start:end])
    if other == data[start:end]:
        return True
    return _pixels(data[:start] + other + data[end:]) == picture.tobytes()


def _media(data: bytes) -> tuple[int, int]:
    """Return the start and the end of the box with the pixels (ISO/IEC 14496-12, section 4.2)."""
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
    """Return a WebP file without the last `SPARE` bytes of its pixels."""
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
    """Return the pixels of a file, or None where it is damaged."""
    try:
        with Picture.open(BytesIO(data)) as picture:
            return picture.tobytes()
    except Exception as error:  # damaged bytes make decoders raise almost anything
        if lacking(error):
            raise
        return None
