"""Compressed TIFF files: whether strips and tiles were written to their end."""

from collections.abc import Iterator
from re import compile as pattern

from PIL.Image import Image
from PIL.TiffImagePlugin import (
    COMPRESSION,
    STRIPBYTECOUNTS,
    STRIPOFFSETS,
    TILEBYTECOUNTS,
    TILEOFFSETS,
    ImageFileDirectory_v2,
)

from reprise import deflate

RUN = pattern(rb"\0{32,}")
NONE, JPEG, DEFLATE = {1}, {7}, {8, 32946}  # kinds of compression
DENSE, TAIL = {34925, 50000}, 8  # LZMA and Zstandard, which never end in so many zeros
END = b"\xff\xd9"  # of a JPEG stream


def whole(picture: Image, data: bytes) -> bool:
    """Say whether every part with a long run of zeros was written to its end."""
    tags: ImageFileDirectory_v2 = picture.tag_v2  # type: ignore[attr-defined]
    kind = tags.get(COMPRESSION, 1)
    if kind in NONE or not RUN.search(data):
        return True
    return all(_written(part, kind) for part in _parts(tags, data) if RUN.search(part))


def _parts(tags: ImageFileDirectory_v2, data: bytes) -> Iterator[bytes]:
    """Yield the compressed strips or tiles."""
    tiled = TILEOFFSETS in tags
    starts = tags.get(TILEOFFSETS if tiled else STRIPOFFSETS, ())
    sizes = tags.get(TILEBYTECOUNTS if tiled else STRIPBYTECOUNTS, ())
    if sum(sizes) <= 2 * len(data):  # more is a bomb, or for Pillow to refuse
        yield from (data[at : at + size] for at, size in zip(starts, sizes, strict=False))


def _written(part: bytes, kind: int) -> bool:
    """Say whether a part ends as its compression says; of others, whether there is anything."""
    if kind in DEFLATE:
        return deflate.ends([part])
    if kind in DENSE:
        return any(part[-TAIL:])
    return END in part[-4:] if kind in JPEG else any(part)
