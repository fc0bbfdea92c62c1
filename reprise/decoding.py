"""From an encoded image, of any format that Pillow reads, to 8 bits a channel."""

from io import BytesIO

import numpy as np
from PIL import Image as Picture
from PIL.ExifTags import Base
from PIL.Image import Transpose

from reprise import jpeg
from reprise.spec import Channels

LARGEST = 2**30 // 12  # pixels: Pillow warns of larger ones, and refuses those of twice the size
UPRIGHT = {  # what undoes each EXIF orientation
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


class UndecodableError(Exception):
    """An image that cannot be decoded; the message is the reason."""


def decode(data: bytes, channels: Channels) -> Picture.Image:
    """Return the first frame, upright, in mode L or RGB; what is transparent becomes white.

    Raises:
        UndecodableError: the bytes are damaged, no image, or a decompression bomb.
    """
    try:
        with _opened(data) as picture:
            _refuse(picture)
            return eight_bits(_upright(picture), channels)
    except Exception as error:  # damaged bytes make decoders raise almost anything
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        # Pillow names the buffer by its address, which is another one in every run.
        known = not reason.startswith("cannot identify image file")
        raise UndecodableError(reason if known else "no image that Pillow knows") from error


def eight_bits(picture: Picture.Image, channels: Channels) -> Picture.Image:
    """Convert a loaded picture of any mode to L (1 channel) or RGB (3)."""
    mode = "L" if channels == 1 else "RGB"
    if picture.mode == mode and "transparency" not in picture.info:
        return picture
    if picture.mode == "F":
        raise UndecodableError("floating-point pixels have no known range")
    if picture.mode.startswith("I"):
        return _from_16_bits(picture).convert(mode)
    if picture.has_transparency_data:
        opaque = picture.convert("RGBA")
        white = Picture.new("RGBA", opaque.size, "white")
        return Picture.alpha_composite(white, opaque).convert(mode)
    # By way of RGB: from CIELAB, Pillow knows no other.
    return (picture if picture.mode == "RGB" else picture.convert("RGB")).convert(mode)


def _opened(data: bytes) -> Picture.Image:
    """Read the head; Pillow tries one format after the other, which the commonest is spared."""
    if not data.startswith(jpeg.BEGIN):
        return Picture.open(BytesIO(data))
    try:
        return jpeg.PlainJpeg(BytesIO(data))
    except SyntaxError:
        return Picture.open(BytesIO(data), formats=["JPEG"])


def _refuse(picture: Picture.Image) -> None:
    """Refuse what should not even be decoded, from what its head says."""
    if picture.width * picture.height > LARGEST:
        raise UndecodableError(
            f"{picture.width} x {picture.height} pixels exceed the limit of {LARGEST:,}: "
            "a decompression bomb?"
        )
    if picture.format == "EPS":  # a program, which Pillow would have Ghostscript run
        raise UndecodableError("EPS is no image of pixels")


def _upright(picture: Picture.Image) -> Picture.Image:
    """Turn a picture as its EXIF data ask for; where they are damaged, leave it as it is."""
    picture.load()  # first: a TIFF file turns itself, and then says so
    if picture.format == "JPEG" and not picture.info.keys() & {"exif", "xmp"}:
        return picture
    try:
        turn = UPRIGHT.get(picture.getexif().get(Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - damaged data make the parser raise almost anything
        return picture
    return picture if turn is None else picture.transpose(turn)


def _from_16_bits(picture: Picture.Image) -> Picture.Image:
    """Keep the upper 8 of 16 bits, rounded; Pillow's own conversion would clip at 255."""
    pixels = np.asarray(picture)  # [H, W]
    if pixels.min() < 0 or pixels.max() > 65535:
        raise UndecodableError("32-bit pixels have no known range")
    upper = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    upper[pixels == picture.info.get("transparency")] = 255  # white
    return Picture.fromarray(upper)
