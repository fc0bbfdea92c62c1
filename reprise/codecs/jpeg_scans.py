"""Decode JPEG files to their last pixel, or refuse them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from re import compile as pattern

from PIL import Image as Picture
from PIL.ImageFile import ImageFile

from reprise.codecs.complaints import SHORT
from reprise.codecs.jpeg import PlainJpeg
from reprise.codecs.undecodable import UndecodableError

END = b"\xff\xd9"
ONES = b"\xff\x00"  # 8 bits that no code begins with, and the zero that follows a byte of ones
AHEAD = ONES * 8  # libjpeg reads 64 bits ahead
HOLE = bytes(64)  # a run of zeros that may stand for missing data
RESTARTS = pattern(rb"\xff[\xd0-\xd7]")
MARKER = pattern(rb"\xff+([\x01-\xcf\xd8-\xfe])")  # neither a restart nor a byte of ones
SCAN, START_OF_SCAN = 0xDA, b"\xff\xda"
INTERVAL = b"\xff\xdd\x00\x04"  # the segment of the restart interval
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
HUFFMAN, PROGRESSIVE = {0xC0, 0xC1, 0xC2}, 0xC2
ALONE = {0x01, 0xD8, 0xD9}  # markers of no segment
COEFFICIENTS = range(64)


def load(picture: ImageFile, data: bytes) -> None:
    """Decode an opened JPEG file from its bytes.

    Raises:
        UndecodableError: data are missing at the end, or replaced by zeros.
    """
    frame, start = picture.head if isinstance(picture, PlainJpeg) else _head(data)
    if frame not in HUFFMAN:  # arithmetic coding: its decoder cannot wait
        picture.load()
        return
    end = data.find(END, start)
    if end < 0:
        raise UndecodableError(SHORT)
    picture.load_prepare()
    if not _decode_all(picture, data[:end], start):
        later = _end(data, start)  # a table may hold what looks like an end
        if later <= end or not _decode_all(picture, data[:later], start):
            raise UndecodableError(SHORT)
        end = later
    if frame == PROGRESSIVE and not _is_refined(data[:end], start):
        raise UndecodableError(SHORT)
    picture.tile = []


def bits(data: bytes) -> int | None:
    """Return the bits of a channel that the frame of a JPEG file states; None without a frame."""
    at = 2
    while data.startswith(b"\xff\xd8") and (found := MARKER.search(data, at)):
        marker, at = data[found.end() - 1], found.end()
        if marker in FRAMES:
            return data[at + 2]
        at += 0 if marker in ALONE else int.from_bytes(data[at : at + 2])
    return None


def _head(data: bytes) -> tuple[int, int]:
    """Return the marker of the frame, and where the first scan begins; 0 where there is none."""
    at, frame = 2, 0
    while found := MARKER.search(data, at):
        marker, at = data[found.end() - 1], found.end()
        if marker == SCAN:
            return frame, found.start()
        frame = marker if marker in FRAMES else frame
        at += 0 if marker in ALONE else int.from_bytes(data[at : at + 2])
    return 0, 0


def _end(data: bytes, at: int) -> int:
    """Return where the end marker is, going from segment to segment; -1 where there is none."""
    while found := MARKER.search(data, at):
        marker, at = data[found.end() - 1], found.end()
        if marker in ALONE:
            return found.start() if marker == END[1] else -1
        at += int.from_bytes(data[at : at + 2])
    return -1


def _decode_all(picture: ImageFile, body: bytes, start: int) -> bool:
    """Decode the data before the end marker; return whether they are the whole picture.

    A long run of zeros may be an even area, or padding; where it stands for missing data, it is
    longer or shorter than the picture needs.
    """
    if body.find(HOLE, start) < 0:
        return _decode(picture, body)
    if INTERVAL in body and not _in_turn(body[start:]):  # libjpeg would go on at the next restart
        return False
    parts = [part for part in (body.rstrip(b"\0"), body) if _decode(picture, part)]
    parts = [part for part in parts if HOLE not in part or not _decode(picture, part[:-16])]
    return bool(parts) and _decode(picture, parts[0])


def _in_turn(scans: bytes) -> bool:
    """Check that no restart marker is missing; they count from 0 to 7, again and again."""
    numbers = (RESTARTS.findall(scan) for scan in scans.split(START_OF_SCAN))
    return all(
        marker[1] == 0xD0 + turn % 8 for found in numbers for turn, marker in enumerate(found)
    )


def _decode(picture: ImageFile, body: bytes) -> bool:
    """Decode data without an end marker; return whether the picture was complete at their end."""
    name, extents, _, args = picture.tile[0]
    decoder = Picture._getdecoder(picture.mode, name, args, picture.decoderconfig)  # noqa: SLF001
    try:
        decoder.setimage(picture.im, extents)
        given = body + AHEAD
        taken, fault = decoder.decode(given)
        if taken < 0:  # done, or damaged
            return bool(fault >= 0)
        # After a scan, the decoder looks for a marker, as there may be another scan, and skips
        # everything else.
        waits = taken == len(given) and decoder.decode(ONES)[0] == len(ONES)
        if waits and INTERVAL in body:
            waits = _at_end(body, decoder.decode)
        return bool(waits and decoder.decode(END) == (-1, 0))
    finally:
        decoder.cleanup()


def _at_end(body: bytes, decode: Callable[[bytes], tuple[int, int]]) -> bool:
    """Check that a decoder waits for any marker, not for the next restart in its scan."""
    count = len(RESTARTS.findall(body, body.rfind(START_OF_SCAN)))
    taken = decode(bytes([0xFF, 0xD0 + count % 8]))[0]
    return taken == 2 and decode(ONES)[0] == len(ONES)


def _is_refined(data: bytes, start: int) -> bool:
    """Check that the scans from `start` on, together, hold all bits of all coefficients.

    A progressive file that was cut between two scans is a valid file of a blurred picture. A scan
    states its components and coefficients, and how many bits are left to later ones (ITU-T T.81,
    B.2.3).
    """
    left = defaultdict[int, dict[int, int]](dict)  # bits, by component and coefficient
    for components, first, last, low in _scans(data, start):
        for component in components:
            left[component].update(dict.fromkeys(range(first, last + 1), low))
    return all(set(bits) == set(COEFFICIENTS) and not any(bits.values()) for bits in left.values())


def _scans(data: bytes, start: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield the components, the first and the last coefficient, and the bits left, of each scan."""
    at = data.find(START_OF_SCAN, start)
    while at >= 0:
        count = data[at + 4] if at + 4 < len(data) else 0
        rest = data[at + 5 : at + 5 + 2 * count + 3]
        if 1 <= count <= 4 and len(rest) == 2 * count + 3:
            first, last, bits = rest[-3:]
            yield rest[: 2 * count : 2], first, min(last, 63), bits & 15
        at = data.find(START_OF_SCAN, at + 2)
