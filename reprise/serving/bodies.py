"""Read the bodies of requests: not more bytes, and not longer, than is allowed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from reprise.serving.refusal import RejectedError
from reprise.serving.settings import Allowance

TOGETHER = 8  # as many bodies of the largest size are in memory at once


class Bodies:
    """The bodies that are in memory; only the event loop touches the count."""

    def __init__(self, limits: Allowance) -> None:
        self.limits, self.held = limits, 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Give the body of a request, of any length that it may have.

        Raises:
            RejectedError: it is too large or too slow, or the server has too many in memory.
            ClientDisconnect: the client has gone.
        """
        _check(request, self.limits.bytes)
        parts, size = list[bytes](), 0
        try:
            async with asyncio.timeout(self.limits.seconds):
                async for part in request.stream():
                    parts.append(part)
                    size += len(part)
                    self.held += len(part)
                    self._limit(size)
            yield b"".join(parts)
        except TimeoutError as error:
            reason = f"the body took longer than {self.limits.seconds:g} seconds"
            raise RejectedError(408, reason) from error
        finally:
            self.held -= size

    def _limit(self, size: int) -> None:
        if size > self.limits.bytes:
            raise _too_large("more", self.limits.bytes)
        if self.held > TOGETHER * self.limits.bytes:
            raise RejectedError(429, "the server holds too many bytes", {"Retry-After": "1"})


def _check(request: Request, most: int) -> None:
    """Refuse by the header alone."""
    coded = request.headers.get("content-encoding", "").strip()
    if coded.lower() not in {"", "identity"}:
        raise RejectedError(415, f"Content-Encoding is {coded}; send the body as it is")
    length = request.headers.get("content-length", "0")  # the parser of HTTP has checked it
    if int(length) > most:
        raise _too_large(f"{int(length):,}", most)


def _too_large(size: str, most: int) -> RejectedError:
    return RejectedError(
        413, f"the body has {size} bytes, the limit is {most:,}; send smaller pictures, or fewer"
    )
