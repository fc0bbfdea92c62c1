"""Deflated data, as in PNG and TIFF files: whether they are there to the end."""

import zlib
from collections.abc import Iterable

AT_ONCE = 2**20  # bytes that are unpacked, and forgotten


def ends(parts: Iterable[bytes]) -> bool:
    """Return whether a stream has its end, and the checksum that it states."""
    stream = zlib.decompressobj()
    try:
        for part in parts:
            given = part
            while given and not stream.eof:
                stream.decompress(given, AT_ONCE)
                given = stream.unconsumed_tail
    except zlib.error:
        return False
    return stream.eof
