"""Decode an image of any usual format (`codecs/kinds`) to 8 bits a channel."""

from io import BytesIO
from typing import NamedTuple

from PIL import Image as Picture
from PIL import UnidentifiedImageError
from PIL.ExifTags import Base
from PIL.Image import Transpose
from PIL.ImageFile import ImageFile

from reprise.codecs import (
    alpha,
    complaints,
    completeness,
    depth,
    heif,
    jpeg,
    kinds,
    levels,
    png,
    unsupported,
)
from reprise.codecs.alpha import Remark
from reprise.codecs.undecodable import UndecodableError
from reprise.escaping import first_line
from reprise.shortage import lacking
from reprise.spec import Channels

LARGEST = 2**30 // 12  # pixels: above, Pillow warns; above twice as many, it refuses
BOMBS = (Picture.DecompressionBombError, Picture.DecompressionBombWarning)
UPRIGHT = {  # by EXIF orientation: the transposition that undoes it
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


class Decoded(NamedTuple):
    """A picture, and what is odd about it."""

    picture: Picture.Image  # of mode L or RGB
    remark: Remark | None


def decode(data: bytes, channels: Channels) -> Picture.Image:
    """Return the first frame, upright, in mode L or RGB; what is transparent becomes white.

    Raises:
        UndecodableError: the bytes are damaged, no image, or a decompression bomb.
    """
    return examine(data, channels).picture


def examine(data: bytes, channels: Channels) -> Decoded:
    """Decode as `decode` does, and remark on odd transparency.

    Raises:
        UndecodableError: as `decode`.
        Exception: the machine lacks memory or the like, which is no fault of the bytes.
    """
    try:
        with _opened(data) as picture:
            _refuse(picture)
            return _decoded(picture, data, channels)
    except UndecodableError:
        raise
    except Exception as error:  # damaged bytes make decoders raise almost anything
        if lacking(error):
            raise
        if (bare := png.bare(data)) is not data:  # Pillow may fail at text chunks
            return examine(bare, channels)
        raise UndecodableError(_reason(error, data)) from error


def _decoded(picture: ImageFile, data: bytes, channels: Channels) -> Decoded:
    completeness.load(picture, data)
    turn = _turn(picture)
    plain = depth.standard(alpha.declared(picture, data), data)
    return eight_bits(plain if turn is None else plain.transpose(turn), channels)


def eight_bits(picture: Picture.Image, channels: Channels) -> Decoded:
    """Convert a loaded picture of any mode to L (1 channel) or RGB (3)."""
    mode = "L" if channels == 1 else "RGB"
    if picture.mode == mode and "transparency" not in picture.info:
        return Decoded(picture, None)
    if picture.mode == "F":
        raise UndecodableError("floating-point pixels have no known range")
    if picture.mode.startswith("I"):
        return Decoded(levels.from_16_bits(picture).convert(mode), None)
    if picture.has_transparency_data:
        opaque = alpha.on_white(picture)
        return Decoded(opaque.picture.convert(mode), opaque.remark)
    # By way of RGB: Pillow converts CIELAB to nothing else.
    colour = picture if picture.mode == "RGB" else picture.convert("RGB")
    return Decoded(colour if mode == "RGB" else colour.convert(mode), None)


def _opened(data: bytes) -> ImageFile:
    """Read the header; the commonest formats are not tried one after the other, as Pillow does."""
    if data.startswith(png.MAGIC):
        return Picture.open(BytesIO(data), formats=("PNG",))
    if heif.is_heif(data):
        heif.register()
    if not data.startswith(jpeg.BEGIN):
        return kinds.opened(BytesIO(data))
    try:
        return jpeg.PlainJpeg(BytesIO(data))
    except SyntaxError:
        return Picture.open(BytesIO(data), formats=["JPEG"])


def _refuse(picture: Picture.Image) -> None:
    """Refuse a picture by its header, before it is decoded."""
    if picture.width * picture.height > LARGEST:
        raise UndecodableError(complaints.too_large(LARGEST))


def _turn(picture: Picture.Image) -> Transpose | None:
    """Return the transposition that EXIF data ask for; none where they are damaged."""
    if picture.format == "JPEG" and not picture.info.keys() & {"exif", "xmp"}:
        return None
    try:
        return UPRIGHT.get(picture.getexif().get(Base.Orientation, 1))
    except Exception as error:  # damaged data make the parser raise almost anything
        if lacking(error):
            raise
        return None


def _reason(error: Exception, data: bytes) -> str:
    if isinstance(error, BOMBS):
        return complaints.too_large(LARGEST)
    # Pillow's message has the address of the buffer, which differs from run to run.
    if isinstance(error, UnidentifiedImageError) or str(error) == "Truncated File Read":  # a header
        return unsupported.describe(data)
    return complaints.SHORT if complaints.is_common(data) else first_line(error)
