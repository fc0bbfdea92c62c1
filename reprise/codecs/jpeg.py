"""JPEG files of which nothing but the frame matters, opened in a third of Pillow's time.

Pillow reads the quantization tables, the comments and the resolution of every file into Python
objects; of a small image that takes longer than decoding it. Here only size and channels are
read, and its decoder gets the rest. It is a plug-in as Pillow's handbook says to write one.
"""

from struct import unpack_from

from PIL import ImageFile

BEGIN = b"\xff\xd8\xff"
SCAN = 0xDA  # where the head ends
FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive (ITU-T T.81, table B.1)
# JFIF, quantization and Huffman tables, restart interval, comment. Whatever else may be in a file
# (EXIF, Adobe's colours, profiles, more pictures) may matter, and is for Pillow to read.
IDLE = {0xE0, 0xDB, 0xC4, 0xDD, 0xFE}
MODES = {1: "L", 3: "RGB"}


class PlainJpeg(ImageFile.ImageFile):
    """A JPEG file without anything unusual; SyntaxError means that it has such a thing."""

    format = "JPEG"
    head: tuple[int, int]  # the marker of its frame, and where the first scan begins

    def _open(self) -> None:
        assert self.fp is not None  # noqa: S101 - as Pillow's own plug-ins tell mypy
        bits, height, width, layers, *head = _frame(self.fp.read())
        if bits != 8 or layers not in MODES:
            raise SyntaxError("not a plain JPEG")
        self._size, self._mode, self.head = (width, height), MODES[layers], (head[0], head[1])
        tile = ImageFile._Tile("jpeg", (0, 0, width, height), 0, (self._mode, ""))  # noqa: SLF001
        self.tile = [tile]


def _frame(data: bytes) -> tuple[int, int, int, int, int, int]:
    """Return bits a channel, height, width, channels, and `head`, of a file of one frame."""
    at, frames = len(BEGIN) - 1, list[tuple[int, int, int, int, int]]()
    while True:
        begin, marker, length = unpack_from(">BBH", data, at)
        if begin != 0xFF or length < 2:
            raise SyntaxError("not a plain JPEG")
        if marker in FRAMES:
            frames.append((*unpack_from(">BHHB", data, at + 4), marker))
        elif marker == SCAN and len(frames) == 1:
            return *frames[0], at
        elif marker not in IDLE:
            raise SyntaxError("not a plain JPEG")
        at += 2 + length
