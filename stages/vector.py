"""Draw pictures and lines of text as SVG, in which the reader's browser sets the text.

So names in every script are drawn, whatever fonts this machine has, and the bytes depend on none.
"""

import re
from base64 import b64encode
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from PIL import Image as Picture

from reprise.escaping import printable
from stages.pictures import encode, within

LONGEST = 200  # characters of a line at most: no picture has room for more
WIDE, USUAL = 1.0, 0.58  # of the height of letters: full-width ones, and the mean of others
ISOLATES = ("\u2068", "\u2069")
SPLIT = re.compile("([\u2068\u2069])").split
FEW = 64  # pixels: a smaller picture shows each of them


class Drawing:
    """A white sheet, filled from the upper left corner; all lengths are in pixels."""

    def __init__(self, width: int, height: int) -> None:
        """Begin an empty sheet."""
        self.width, self.height, self._parts = width, height, list[str]()

    def image(self, picture: Picture.Image, corner: tuple[int, int], side: int) -> None:
        """Put a picture into a square; one of few pixels is enlarged so that they show."""
        scaled = picture
        if max(picture.size) > side:
            scaled = picture.resize(within(picture.size, side), Picture.Resampling.LANCZOS)
        kind = "PNG" if max(scaled.size) < FEW else "JPEG"
        data = b64encode(encode(scaled, kind)).decode()
        pixelated = ' style="image-rendering:pixelated"' if max(picture.size) < FEW else ""
        self._parts.append(
            f'<image x="{corner[0]}" y="{corner[1]}" width="{side}" height="{side}" '
            f'preserveAspectRatio="xMinYMin"{pixelated} '
            f'href="data:image/{kind.lower()};base64,{data}"/>'
        )

    def text(
        self, text: str, corner: tuple[int, int], room: tuple[int, int], style: str = ""
    ) -> None:
        """Write a line below `corner`, in letters of `room[1]` pixels, within `room[0]`.

        `style` is a class of `sheet`: end, to stand at the right end, and colours. What is too long
        is cut, and stands in full in the tip of the line.
        """
        whole = "".join(part if part in ISOLATES else printable(part) for part in SPLIT(text))
        shown, size = fitted(whole, room[0] / room[1]), room[1]
        at, named = (room[0] if "end" in style.split() else 0), quoteattr(f"t {style}".strip())
        self._parts.append(
            f'<svg x="{corner[0]}" y="{corner[1]}" width="{room[0]}" height="{size + 5}">'
            f'<text x="{at}" y="{size}" font-size="{size}" class={named}>'
            f"<title>{escape(whole)}</title>{escape(shown)}</text></svg>"
        )

    def __str__(self) -> str:
        """Return the sheet as SVG; equal drawings give equal texts."""
        size = f'width="{self.width}" height="{self.height}"'
        box = f'viewBox="0 0 {self.width} {self.height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>'
        paper = f'<rect {size} fill="#fff"/>'
        return "\n".join([head, f"<style>{STYLE}</style>", paper, *self._parts, "</svg>\n"])


STYLE = (
    ".t{fill:#1c1c1e;font-family:system-ui,sans-serif}.end{text-anchor:end}.bold{font-weight:600}"
    ".faint{fill:#63636a}.right{fill:#1668b5}.wrong{fill:#c2410c}"
)


def fitted(text: str, room: float) -> str:
    """Return the text, or its start and an ellipsis where it seems longer than `room` letters.

    `room` is in heights of a letter. The width of letters is that of the reader's font, so this is
    an estimate, and what is beyond the room is clipped.
    """
    text = " ".join(text[:LONGEST].split())
    left = room
    for place, letter in enumerate(text):
        left -= WIDE if east_asian_width(letter) in "WF" else USUAL
        if left < 0:
            return f"{text[: max(0, place - 1)]}…"
    return text


def isolated(name: str) -> str:
    """Return a name whose direction leaves that of the text around it as it is (UAX 9)."""
    return f"\u2068{printable(name)}\u2069"
