"""Read no more than any picture has: what comes from elsewhere may be made to fill the memory."""

from collections.abc import Callable
from urllib.error import HTTPError, URLError

from reprise.codecs.undecodable import UndecodableError
from reprise.escaping import first_line, printable
from reprise.shortage import lacking

LARGEST = 2**27  # bytes of a picture that was fetched or unpacked, 134 MB
BLOCK = 2**20  # bytes
TOO_LARGE = f"has more than {LARGEST:,} bytes, which is too much for a picture from elsewhere"


def read(block: Callable[[int], bytes]) -> bytes:
    """Return all that a file holds, of which `block` reads a number of bytes.

    Raises:
        UndecodableError: it is more than `LARGEST`.
    """
    parts, total = list[bytes](), 0
    while part := block(BLOCK):
        total += len(part)
        if total > LARGEST:
            raise UndecodableError(TOO_LARGE)
        parts.append(part)
    return b"".join(parts)


def reading(get: Callable[[], bytes], failed: str) -> bytes:
    """Return what `get` reads.

    Raises:
        UndecodableError: it fails, for a reason that is not the machine's; `failed` is the verb.
    """
    try:
        return get()
    except UndecodableError:
        raise
    except Exception as error:  # damaged bytes and foreign servers cause almost any
        if lacking(error):
            raise
        raise UndecodableError(f"{failed} ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    """Return what an error says: of one of the system its words, of one of urllib its cause."""
    wraps = isinstance(error, URLError) and not isinstance(error, HTTPError)
    cause = getattr(error, "reason", error) if wraps else error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return first_line(cause) if isinstance(cause, Exception) else printable(str(cause))
