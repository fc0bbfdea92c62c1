"""The formats that are opened, and no others.

Pillow knows some forty. Of the rare ones, decoders are loops in Python that may take minutes (XPM,
QOI, FITS) or run a program (EPS), and most are never met among pictures; a new version of Pillow
may bring more.
"""

from io import BufferedReader, BytesIO

from PIL import Image as Picture
from PIL.ImageFile import ImageFile

# By Pillow's names; AVIF and HEIF where it, or pillow-heif, has them.
KINDS = {
    "AVIF", "BMP", "GIF", "HEIF", "ICO", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM", "SGI",
    "TGA", "TIFF", "WEBP",
}  # fmt: skip


def opened(file: BytesIO | BufferedReader) -> ImageFile:
    """Read the header of a picture, in Pillow's order of formats.

    Raises:
        UnidentifiedImageError: it is none of these formats.
    """
    Picture.init()  # does nothing the second time
    return Picture.open(file, formats=[kind for kind in Picture.ID if kind in KINDS])
