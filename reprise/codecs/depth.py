"""Scale pixels of any bit depth to 8 bits, by the depth that the file states."""

import numpy as np
from PIL.Image import Image

from reprise.codecs import jpeg2000, png, tiff
from reprise.codecs.levels import from_16_bits, from_few_bits, refuse_half, within
from reprise.codecs.undecodable import UndecodableError


def standard(picture: Image, data: bytes) -> Image:
    """Bring a loaded picture to 8 bits a channel, of which 0 is black and 255 white.

    Raises:
        UndecodableError: the file does not say how large its pixels may be, or Pillow lost it.
    """
    kind = picture.format or ""
    if kind in CORRECTIONS:
        return CORRECTIONS[kind](picture, data)
    if picture.mode.startswith("I"):
        raise UndecodableError(f"pixels of 16 or 32 bits of a {kind} file have no known range")
    return picture


def _png(picture: Image, data: bytes) -> Image:
    """Scale the colour that is transparent as the pixels, and pixels of fewer bits than stated."""
    head = png.head(data)
    if "transparency" in picture.info:
        _scale_key(picture, head.bits)
    full = 2**head.significant - 1
    if head.bits == 16 and picture.mode != "I;16":
        refuse_half(picture, full)
    elif head.significant < head.bits and within(picture, full) and _unscaled(picture, head):
        return from_16_bits(picture, full) if head.bits == 16 else from_few_bits(picture, full)
    return from_16_bits(picture) if picture.mode == "I;16" else picture


def _scale_key(picture: Image, bits: int) -> None:
    """Bring the colour that is transparent to the scale of the pixels."""
    key = picture.info["transparency"]
    if bits == 16 and picture.mode == "RGB":
        picture.info["transparency"] = tuple(part >> 8 for part in key)
    elif bits in {2, 4} and picture.mode == "L":
        picture.info["transparency"] = key * 255 // (2**bits - 1)


def _unscaled(picture: Image, head: png.Head) -> bool:
    """Return whether the pixels cannot have been scaled to the depth of the file, as they should.

    Scaled, their lower bits are copies of the upper ones, zeros, or come of rounding; and the upper
    ones are zeros where none is above what the significant bits alone can say.
    """
    spare = 2 ** (head.bits - head.significant)
    return bool((np.asarray(picture) % spare > 1).any())


def _jpeg2000(picture: Image, data: bytes) -> Image:
    """Scale by the depth: Pillow moves the bits up or down to 8 or 16, and fills with zeros.

    Where it moves them down it rounds, and what is rounded up beyond white becomes 0. Then white
    and black cannot be told any more.
    """
    bits = jpeg2000.depths(data)
    if picture.mode in {"P", "PA"}:
        return picture
    if picture.mode == "I;16":
        (one,) = bits
        return from_16_bits(picture, (2**one - 1) << max(0, 16 - one))
    if max(bits) > 8 and not np.asarray(picture).all():
        raise UndecodableError(
            f"JPEG 2000 of {max(bits)} bits a channel, where Pillow takes white for black; convert "
            "it to 8 bits, or to PNG"
        )
    if len(bits) == 1 and (few := min(bits)) < 8:
        return from_few_bits(picture, (2**few - 1) << (8 - few))
    return picture


def _pnm(picture: Image, data: bytes) -> Image:  # noqa: ARG001 - Pillow has scaled by its maximum
    return from_16_bits(picture) if picture.mode.startswith("I") else picture


CORRECTIONS = {"PNG": _png, "TIFF": tiff.standard, "JPEG2000": _jpeg2000, "PPM": _pnm}
