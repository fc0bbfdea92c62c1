"""The formats that are opened, and no others.

Pillow knows some forty. Of the rare ones, decoders are loops in Python that may take minutes (XPM,
QOI, FITS) or run a program (EPS), and most are never met among pictures; a new version of Pillow
may bring more.
"""

from io import BufferedReader, BytesIO

from PIL import Image as Picture
from PIL.ImageFile import ImageFile

from reprise.codecs import complaints
from reprise.codecs.undecodable import UndecodableError

# By Pillow's names; AVIF and HEIF where it, or pillow-heif, has them.
KINDS = {
    "AVIF", "BMP", "GIF", "HEIF", "ICO", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM", "SGI",
    "TGA", "TIFF", "WEBP",
}  # fmt: skip


EPS = (b"%!PS", b"\xc5\xd0\xd3\xc6")
OTHERS = {  # by how they begin: what people have, and Pillow would open
    b"8BPS": "PSD", b"qoif": "QOI", b"SIMPLE  =": "FITS", b"/* XPM */": "XPM", b"#define": "XBM",
    b"DDS ": "DDS", b"icns": "ICNS", b"\x59\xa6\x6a\x95": "Sun",
}  # fmt: skip
PREFIX = 16  # bytes


def opened(file: BytesIO | BufferedReader) -> ImageFile:
    """Read the header of a picture, in Pillow's order of formats.

    Raises:
        UndecodableError: it is of a format that Pillow knows, but that is not opened.
        UnidentifiedImageError: it is none of either.
    """
    refuse(file.read(PREFIX))
    file.seek(0)
    Picture.init()  # does nothing the second time
    return Picture.open(file, formats=[kind for kind in Picture.ID if kind in KINDS])


def refuse(data: bytes) -> None:
    """Raise UndecodableError for a format that is not opened, by the first bytes of a file."""
    if data.startswith(EPS):  # a program, which Pillow would have Ghostscript run
        raise UndecodableError(complaints.EPS)
    for begin, name in OTHERS.items():
        if data.startswith(begin):
            raise UndecodableError(complaints.rare(name))
