"""JPEG 2000: how many bits a channel has, and whether all parts of the picture are there."""

from struct import error as StructError
from struct import unpack_from

BEGIN = b"\xff\x4f\xff\x51"  # of the codestream, and the segment of its sizes (ITU-T T.800, A.5.1)
PART, END = 0xFF90, 0xFFD9
COUNT, FIRST = 40, 42  # bytes from the begin: how many channels, and the depth of the first


def depths(data: bytes) -> set[int]:
    """Return the bits of the channels."""
    start = data.find(BEGIN)
    (count,) = unpack_from(">H", data, start + COUNT)
    bits = data[start + FIRST : start + FIRST + 3 * count : 3]
    return {(one & 127) + 1 for one in bits}


def is_complete(data: bytes) -> bool:
    """Check that every tile-part is as long as it states, and the end marker follows the last."""
    at = data.find(BEGIN) + 2
    try:
        while (marker := _short(data, at)) not in {PART, END}:
            at += 2 + _short(data, at + 2)
        while marker == PART:
            (length,) = unpack_from(">I", data, at + 6)
            if length == 0:  # up to the end, wherever that is
                return END.to_bytes(2) in data[at:]
            marker = _short(data, at := at + length)
    except StructError:
        return False
    return marker == END


def _short(data: bytes, at: int) -> int:
    return int(unpack_from(">H", data, at)[0])
