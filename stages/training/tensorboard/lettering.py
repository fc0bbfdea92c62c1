"""The letters of TensorBoard's pictures; numbers stand for names that they cannot draw.

The font comes with the code: no machine need have it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from unicodedata import bidirectional, category

from PIL import ImageFont

from reprise.escaping import markdown

FONT = Path(__file__).with_name("lettering.ttf")  # DejaVu 2.37; its licence is lettering.LICENSE
SIZE = 14  # pixels: any will do
LACKING = "\uffff"  # no character, so that a font draws its box for what it lacks
SHAPED = {"Mn", "Mc", "Me"}  # categories of marks, as Indic vowels, which are placed by shaping


def font(size: int) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans of `size` pixels: Latin, Greek, Cyrillic and more, the same everywhere."""
    # The plain layout needs no library of the system.
    return ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.BASIC)


def drawable(name: str) -> bool:
    """Tell whether the font has all letters of a name, and they stand side by side as they are.

    Arabic and Hindi letters are joined by rules that plain layout does not know.
    """
    letters = font(SIZE)
    box = bytes(letters.getmask(LACKING))
    return all(
        bidirectional(letter) not in {"R", "AL"}
        and category(letter) not in SHAPED
        and (letter.isspace() or bytes(letters.getmask(letter)) != box)
        for letter in set(name)
    )


def lettered(names: Sequence[str]) -> list[str]:
    """Return names as they can be drawn: themselves, or `class 3`, counted from 0."""
    return [name if drawable(name) else f"class {number}" for number, name in enumerate(names)]


def legend(names: Sequence[str]) -> str:
    """Return what the numbers stand for, as Markdown; empty where all names are drawn."""
    return "  \n".join(_lines(names))


def _lines(names: Sequence[str]) -> Iterator[str]:
    for name, shown in zip(names, lettered(names), strict=True):
        if name != shown:
            yield f"{shown}: {markdown(name)}"
