"""A digest at the end of a file that nobody else looks after: a flipped bit is noticed."""

import os
from hashlib import sha256
from typing import IO

DIGEST = sha256().digest_size  # bytes
CHUNK = 2**20  # bytes read at once


def seal(file: IO[bytes], name: str) -> None:
    """Write the digest of a name and of all bytes of the file behind these."""
    file.write(_digest(file, file.seek(0, os.SEEK_END), name))


def verify(file: IO[bytes], name: str) -> None:
    """Hold a file against the digest at its end; go back to its start.

    Raises:
        ValueError: it was sealed under another name, or holds other bytes now.
    """
    size = max(0, file.seek(0, os.SEEK_END) - DIGEST)
    if _digest(file, size, name) != file.read():
        raise ValueError("its bytes are not those that were written")
    file.seek(0)


def _digest(file: IO[bytes], size: int, name: str) -> bytes:
    """Return the digest of a name and of the first bytes; leave the file behind them."""
    digest, left = sha256(f"{name}\n".encode()), size
    file.seek(0)
    while left and (chunk := file.read(min(CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    file.seek(size)
    return digest.digest()
