"""PNG files: drop the chunks that no pixel depends on, and check those of the pixels.

Pillow unpacks every text and profile, and refuses the whole file where one is long or damaged. Of
the pixels it compares no checksum: where a file was preallocated and never filled, the zeros are
decoded to pixels, too.
"""

from collections.abc import Iterator
from struct import unpack_from
from typing import NamedTuple
from zlib import crc32

from reprise.codecs import deflate

MAGIC = b"\x89PNG\r\n\x1a\n"
UNREAD = {b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"gAMA", b"cHRM", b"pHYs", b"sRGB"}
READ = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0")  # may say which side is up
PIXELS, END, SIGNIFICANT = b"IDAT", b"IEND", b"sBIT"
FIRST = 33  # bytes of the head, which comes first and ends with the depth
INDEXED = 3  # the colour type of a palette


class Chunk(NamedTuple):
    """A part of a file: four letters, and where its data are."""

    name: bytes
    start: int
    end: int  # the checksum follows


class Head(NamedTuple):
    """Bit depths that a PNG file states."""

    bits: int  # of a sample, or of an index into the palette
    significant: int  # bits of the original, as far as the file says


def head(data: bytes) -> Head:
    """Read how deep the pixels are."""
    bits, colour = data[24], data[25]
    at = data.find(SIGNIFICANT, FIRST)
    if colour == INDEXED or not 0 < at < data.find(PIXELS, FIRST):
        return Head(bits, bits)
    (size,) = unpack_from(">I", data, at - 4)
    significant = max(data[at + 4 : at + 4 + min(size, 3)], default=bits)  # not that of alpha
    return Head(bits, min(significant, bits) or bits)


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks up to the end of the picture or of the data."""
    at = len(MAGIC)
    while at + 8 <= len(data):
        size, name = unpack_from(">I4s", data, at)
        yield Chunk(name, at + 8, at + 8 + size)
        if name == END:
            break
        at += 12 + size


def bare(data: bytes) -> bytes:
    """Return the file without text, profile and the like; the same object if it has none.

    Texts that are read are left out only where there are no others: what is left out is what makes
    Pillow refuse a file.
    """
    if not data.startswith(MAGIC):
        return data
    without_unread = _without(data, READ)
    return _without(data, ()) if without_unread is data else without_unread


def is_complete(data: bytes) -> bool:
    """Check that the pixels of a PNG file have the checksums that it states.

    Where that of a chunk differs, the one of the deflated stream decides.
    """
    view, at, right = memoryview(data), len(MAGIC), True
    while right and at + 12 <= len(data):  # `chunks`, at twice the speed
        size, name = unpack_from(">I4s", data, at)
        if name == PIXELS:
            end = at + 8 + size
            right = data[end : end + 4] == crc32(view[at + 4 : end]).to_bytes(4)
        elif name == END:
            return True
        at += 12 + size
    return deflate.ends(data[part.start : part.end] for part in chunks(data) if part.name == PIXELS)


def _without(data: bytes, kept: tuple[bytes, ...]) -> bytes:
    parts, done = [MAGIC], len(MAGIC)
    for chunk in chunks(data):
        if chunk.name in UNREAD and not data.startswith(kept, chunk.start):
            parts.append(data[done : chunk.start - 8])
            done = chunk.end + 4
    return b"".join([*parts, data[done:]]) if len(parts) > 1 else data
