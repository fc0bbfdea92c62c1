"""PNG files: chunks that nobody reads are passed over, and those of the pixels are checked.

Pillow unpacks every text and profile, and refuses the whole file where one is long or damaged. Of
the pixels it compares no checksum: where a file was preallocated and never filled, the zeros are
decoded to pixels, too.
"""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from reprise import deflate

MAGIC = b"\x89PNG\r\n\x1a\n"
UNREAD = {b"tEXt", b"zTXt", b"iTXt", b"iCCP"}
READ = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0")  # may say which side is up
PIXELS = b"IDAT"
INDEXED = 3  # the colour type of a palette


class Chunk(NamedTuple):
    """A part of a file: four letters, where its data are, and whether they are whole."""

    name: bytes
    start: int
    end: int
    whole: bool  # the checksum is there and right; told of pixels only


class Head(NamedTuple):
    """What a file says of its samples."""

    bits: int  # of a sample, or of an index into the palette
    significant: int  # bits of the original, as far as the file says


def head(data: bytes) -> Head:
    """Read how deep the pixels are."""
    bits = significant = data[24]
    if data[25] == INDEXED:
        return Head(bits, bits)
    for chunk in chunks(data):
        if chunk.name == PIXELS:
            break
        if chunk.name == b"sBIT":
            significant = max(data[chunk.start : min(chunk.end, chunk.start + 3)], default=bits)
    return Head(bits, min(significant, bits) or bits)


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks up to the end of the picture or of the data."""
    view, at, size = memoryview(data), len(MAGIC), len(data)
    while at + 8 <= size:
        name, start = data[at + 4 : at + 8], at + 8
        end = start + int.from_bytes(data[at : at + 4])
        pixels = name == PIXELS
        sums = pixels and int.from_bytes(data[end : end + 4]) == zlib.crc32(view[start - 4 : end])
        yield Chunk(name, start, min(end, size), bool(sums and end + 4 <= size))
        if name == b"IEND":
            break
        at = end + 4


def bare(data: bytes) -> bytes:
    """Return a PNG file without what nobody reads; the same object if nothing of it is left.

    Texts that are read are left out only where there are no others: what is left out is what makes
    Pillow refuse a file.
    """
    if not data.startswith(MAGIC):
        return data
    without_unread = _without(data, READ)
    return _without(data, ()) if without_unread is data else without_unread


def _without(data: bytes, kept: tuple[bytes, ...]) -> bytes:
    parts, done = [MAGIC], len(MAGIC)
    for chunk in chunks(data):
        if chunk.name in UNREAD and not data.startswith(kept, chunk.start):
            parts.append(data[done : chunk.start - 8])
            done = chunk.end + 4
    return b"".join([*parts, data[done:]]) if len(parts) > 1 else data


def whole(data: bytes) -> bool:
    """Say whether the pixels of a PNG file have the checksum that the file says.

    Where a chunk has another one, that of all the pixels together decides.
    """
    pixels = [chunk for chunk in chunks(data) if chunk.name == PIXELS]
    if all(chunk.whole for chunk in pixels):
        return True
    return deflate.ends(data[chunk.start : chunk.end] for chunk in pixels)
