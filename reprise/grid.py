"""A grid of captioned images, and captions that fit below them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from reprise.escaping import printable

LONGEST = 200  # characters of a name that are drawn at most: no picture has room for more
Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Line(NamedTuple):
    """One line of a caption."""

    text: str
    letters: Font
    colour: str


class Captioned(NamedTuple):
    """An image and the lines below it."""

    image: Picture.Image
    lines: Sequence[Line] = ()


class Grid(NamedTuple):
    """The distances of a grid, in pixels; images are filled in row by row."""

    columns: int  # images in a row
    width: int  # from one image to the next
    height: int  # from one row to the next
    caption: int = 0  # from the top of an image to that of its caption
    line: int = 0  # from one line of a caption to the next

    def draw(
        self, canvas: Picture.Image, images: Iterable[Captioned], corner: tuple[int, int]
    ) -> None:
        """Draw the images and their captions; `corner` is the upper left one of the first image."""
        pen = ImageDraw.Draw(canvas)
        for number, (image, lines) in enumerate(images):
            row, column = divmod(number, self.columns)
            left, top = corner[0] + column * self.width, corner[1] + row * self.height
            canvas.paste(image, (left, top))
            for place, (text, letters, colour) in enumerate(lines):
                down = top + self.caption + place * self.line
                pen.text((left, down), text, colour, letters)


def one_line(name: str) -> str:
    """Return the start of a name without line breaks, and escaped."""
    return printable(" ".join(name[:LONGEST].split()))


def cut(text: str, letters: Font, width: int, mark: str) -> str:
    """Return text, or where it is wider than `width` pixels its start and the mark."""
    if letters.getlength(text) <= width:
        return text
    while text and letters.getlength(text + mark) > width:
        text = text[:-1]
    return text + mark
