"""Flatten transparency onto white; ignore alpha channels that files declare or leave unused."""

from typing import Literal, NamedTuple

from PIL import Image as Picture

Remark = Literal["wholly transparent", "alpha is 0 throughout, and was taken as unused"]
NO_ALPHA = 0x0F  # bits of a TGA file's descriptor that say how many bits are alpha


class Opaque(NamedTuple):
    """A picture without transparency, and what somebody should look at."""

    picture: Picture.Image  # RGB
    remark: Remark | None


def on_white(picture: Picture.Image) -> Opaque:
    """Let white through where a picture of any mode is transparent.

    Writers of 32 bits a pixel have left zeros where an alpha channel would be: a picture of
    different colours that is transparent throughout is taken as opaque.
    """
    clear = picture.convert("RGBA")
    remark: Remark | None = None
    if clear.getchannel("A").getextrema() == (0, 0):
        colour = clear.convert("RGB")
        if colour.getcolors(maxcolors=1) is None:  # they are more
            return Opaque(colour, "alpha is 0 throughout, and was taken as unused")
        remark = "wholly transparent"
    white = Picture.new("RGBA", clear.size, "white")
    return Opaque(Picture.alpha_composite(white, clear).convert("RGB"), remark)


def declared(picture: Picture.Image, data: bytes) -> Picture.Image:
    """Drop the fourth channel of a TGA file that says that it is no alpha channel."""
    if picture.format == "TGA" and picture.mode == "RGBA" and not data[17] & NO_ALPHA:
        return picture.convert("RGB")
    return picture
