"""The font of TensorBoard's pictures, which comes with the code: no machine need have it."""

from pathlib import Path

from PIL import ImageFont

FONT = Path(__file__).with_name("lettering.ttf")  # DejaVu 2.37; its licence is lettering.LICENSE


def font(size: int) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans of `size` pixels: Latin, Greek, Cyrillic and more, the same everywhere."""
    # The plain layout needs no library of the system.
    return ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.BASIC)
