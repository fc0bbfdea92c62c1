"""Decode the pictures of a request in threads; refuse before what would take too much."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from PIL import Image as Picture

from reprise import inputs
from reprise.codecs import heif, jpeg
from reprise.directory import BOMBS, Failure, Source
from reprise.inputs import Loaded
from reprise.shortage import lacking
from reprise.spec import InputSpec

SCANS = 200  # of a progressive JPEG file: encoders write 10; each is a pass over all of its pixels
START_OF_SCAN = b"\xff\xda"


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
    if data.startswith(jpeg.BEGIN) and data.count(START_OF_SCAN) > SCANS:
        return f"is a JPEG file of more than {SCANS} scans; save it again"
    try:
        if heif.is_heif(data):
            heif.register()
        with Picture.open(BytesIO(data)) as picture:
            width, height = picture.size
    except BOMBS:
        return f"has more pixels than the limit of {most:,}: a decompression bomb?"
    except Exception as error:  # foreign bytes make decoders raise almost anything
        if lacking(error):
            raise
        return ""  # decoding it gives the reason
    if width * height <= most:
        return ""
    return f"has {width} x {height} pixels, the limit is {most:,}; send a smaller one"
