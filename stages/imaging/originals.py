"""Whether images that look alike after resizing were alike before."""

from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from jaxtyping import Int8, Int64, UInt32, UInt64

from reprise.decoding import decode
from reprise.spec import Channels
from stages.artifacts.raw import Published
from stages.imaging.assembly import EXCLUDED, Seen


class Originals(NamedTuple):
    """Images that others may equal, in ascending order of their numbers."""

    numbers: Int64[np.ndarray, " m"]  # through all that is published
    homes: Int8[np.ndarray, " m"]  # index into NAMES of the split of each
    labels: Int64[np.ndarray, " m"]
    digests: UInt64[np.ndarray, "m 2"]  # of size and pixels, as published


def originals(published: Published, seen: Seen, channels: Channels) -> Originals:
    """Take a second look, of 128 bits, at the images whose checksum others have, too.

    To hash every image before resizing takes a fifth of the time that decoding takes; those that
    need a second look are few, as a rule.
    """
    numbers = _repeated(seen.checksums)
    numbers = numbers[seen.homes[numbers] != EXCLUDED]
    images = published.images(numbers.tolist())
    digests = [_digest(image.data, channels) for _, image in images]
    labels = np.concatenate(list(published.labels.values()))
    return Originals(
        numbers,
        seen.homes[numbers],
        labels[numbers],
        np.frombuffer(b"".join(digests), np.uint64).reshape(-1, 2),
    )


def _repeated(checksums: UInt32[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
    """Return where those are that are not alone, ascending."""
    order = np.argsort(checksums)
    same = np.flatnonzero(np.diff(checksums[order]) == 0)
    return np.unique(order[np.concatenate([same, same + 1])])


def _digest(data: bytes, channels: Channels) -> bytes:
    """Return 128 bits over the size and the pixels of an image, as decoded."""
    picture = decode(data, channels)
    found = blake2b(f"{picture.size}".encode(), digest_size=16)
    found.update(picture.tobytes())
    return found.digest()
