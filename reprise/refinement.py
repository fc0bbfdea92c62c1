"""Progressive JPEG files: whether their scans bring every coefficient to its last bit."""

from collections import defaultdict
from collections.abc import Iterator

SCAN = b"\xff\xda"
COEFFICIENTS = range(64)


def refined(data: bytes, start: int) -> bool:
    """Say whether the scans from `start` on, taken together, are the whole picture.

    A file that was cut between two of them is a sound file of a blurred picture. A scan says of
    which components and coefficients it is, and how many bits are left to later ones (ITU-T T.81,
    B.2.3).
    """
    left = defaultdict[int, dict[int, int]](dict)  # bits, by component and coefficient
    for components, first, last, low in _scans(data, start):
        for component in components:
            left[component].update(dict.fromkeys(range(first, last + 1), low))
    return all(set(bits) == set(COEFFICIENTS) and not any(bits.values()) for bits in left.values())


def _scans(data: bytes, start: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield of every scan its components, the first and the last coefficient, and bits left."""
    at = data.find(SCAN, start)
    while at >= 0:
        count = data[at + 4] if at + 4 < len(data) else 0
        rest = data[at + 5 : at + 5 + 2 * count + 3]
        if 1 <= count <= 4 and len(rest) == 2 * count + 3:
            first, last, bits = rest[-3:]
            yield rest[: 2 * count : 2], first, min(last, 63), bits & 15
        at = data.find(SCAN, at + 2)
