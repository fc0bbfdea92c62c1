"""Decode the pictures of a request in threads; refuse before what would take too much."""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from reprise import inputs
from reprise.codecs import complaints, heif, jpeg, kinds
from reprise.decoding import BOMBS
from reprise.directory import Failure, Source
from reprise.inputs import Loaded
from reprise.shortage import lacking
from reprise.spec import InputSpec

SCANS = 200  # of a progressive JPEG file: encoders write 10; each is a pass over all of its pixels
START_OF_SCAN = b"\xff\xda"
EXIF = b"Exif\0\0"
PARTS = 100  # of EXIF data, of 64 KiB each: Pillow joins them one by one, all that it has each time
# Pillow reads these line by line or number by number: one file of 30 MB takes many seconds.
EPS = (b"%!PS", b"\xc5\xd0\xd3\xc6")
PLAIN = (b"P1", b"P2", b"P3")
NETPBM = tuple(b"P%c" % letter for letter in b"0456fy")
HEAD = 2**12  # bytes of a Netpbm file in which its numbers stand: Pillow reads them byte by byte
COMMENT = re.compile(rb"#[^\r\n]*[\r\n]?")


class Decoder:
    """Threads that decode; Pillow releases the interpreter's lock meanwhile."""

    def __init__(self, threads: int, pixels: int) -> None:
        self._pool = ThreadPoolExecutor(threads, "decode")
        self._pixels = pixels

    async def load(self, sources: Sequence[Source], spec: InputSpec) -> list[Loaded | Failure]:
        """Decode pictures and resize them for a network.

        Raises:
            Exception: the machine lacks memory or the like.
        """
        loop = asyncio.get_running_loop()
        jobs = [loop.run_in_executor(self._pool, self._load, one, spec) for one in sources]
        return await asyncio.gather(*jobs)

    def end(self) -> None:
        """End the threads, without what has not begun."""
        self._pool.shutdown(cancel_futures=True)

    def _load(self, source: Source, spec: InputSpec) -> Loaded | Failure:
        assert isinstance(source.data, bytes)  # noqa: S101 - nothing here opens a file
        reason = excess(source.data, self._pixels)
        return Failure(source.name, reason) if reason else inputs.load(source, spec)


def excess(data: bytes, most: int) -> str:
    """Return why a picture is not decoded, by its header; empty for one that may be tried."""
    if reason := _slow(data):
        return reason
    try:
        if heif.is_heif(data):
            heif.register()
        with kinds.opened(BytesIO(data)) as picture:
            width, height = picture.size
    except BOMBS:
        return complaints.too_large(most)
    except Exception as error:  # foreign bytes make decoders raise almost anything
        if lacking(error):
            raise
        return ""  # decoding it gives the reason
    if width * height <= most:
        return ""
    return complaints.too_large(most)


def _slow(data: bytes) -> str:
    """Return why a file would hold a thread for long, by its first bytes; empty for others."""
    if data.startswith(jpeg.BEGIN) and data.count(START_OF_SCAN) > SCANS:
        return f"is a JPEG file of more than {SCANS} scans; save it again"
    if data.startswith(jpeg.BEGIN) and data.count(EXIF) > PARTS:
        return f"is a JPEG file of more than {PARTS} parts of EXIF data; save it again"
    if data.startswith(EPS):
        return complaints.EPS
    if data.startswith(PLAIN):
        return "is a PBM, PGM or PPM file in plain text; convert it to PNG"
    if data.startswith(NETPBM) and len(data) > HEAD:
        words = re.findall(rb"\S+\s", COMMENT.sub(b"", data[:HEAD]))  # the format, then numbers
        if len(words) < (3 if data.startswith(b"P4") else 4):
            return f"is a PBM, PGM or PPM file whose header is longer than {HEAD:,} bytes"
    return ""
