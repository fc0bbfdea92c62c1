"""Names in pictures: which font has the letters, and how much of a name fits."""

from contextlib import suppress
from functools import cache
from unicodedata import combining, normalize

from PIL import ImageFont

from reprise.escaping import printable

# Pillow's own font, the same everywhere, has English letters only; for others, the first of these
# that is installed.
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf")
LONGEST = 200  # letters of a name that are looked at: no picture has room for more
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font(text: str, size: int) -> Font:
    """Return letters of `size` pixels, of a font that has those of the text if there is one."""
    own = ImageFont.load_default(size)
    if all(has(own, letter) for letter in set(text)):
        return own
    for name in FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    return own


@cache
def has(letters: Font, letter: str) -> bool:
    """Say whether a font draws a letter, and not the box that stands for all it lacks."""
    return bytes(letters.getmask(letter)) != bytes(letters.getmask("\uffff"))


def shorten(name: str, letters: Font, width: int) -> str:
    """Bring a name on one line, without accents that the font lacks; cut it at `width` pixels."""
    name = "".join(
        _known(letter, letters) for letter in printable(" ".join(name[:LONGEST].split()))
    )
    if letters.getlength(name) <= width:
        return name
    while name and letters.getlength(f"{name}...") > width:
        name = name[:-1]
    return f"{name}..."


def _known(letter: str, letters: Font) -> str:
    if has(letters, letter):
        return letter
    return "".join(part for part in normalize("NFKD", letter) if not combining(part))
