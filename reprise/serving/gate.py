"""Middleware of every request: log line, metrics, errors as JSON, closing of connections."""

import asyncio
import time
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reprise.escaping import printable
from reprise.serving.log_lines import FIELDS, LOG
from reprise.serving.refusal import RejectedError, refuse
from reprise.serving.service import Serving
from reprise.shortage import lacking

GONE = 499  # as nginx counts a client that has not waited
# Of a refused body, this is read and thrown away: seconds of silence, and bytes (or twice as many
# as a body may have). Many clients send all of theirs before they look at the answer.
SILENCE, REST = 2.0, 2**26
LONGEST, METHOD = 100, 20  # letters of an unknown path, and of a method, of which h11 takes any
CLOSE = (b"connection", b"close")


class Visit:
    """One request, for its line in the log."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, service: Serving) -> None:
        headers = Headers(scope=scope)
        self.scope, self._receive, self._send = scope, receive, send
        self._service = service
        self.path = ""  # as the table of routes has it; empty: unknown
        self.images, self.version, self.status = 0, "", 0
        self.read = headers.get("content-length", "0") == "0" and not headers.get(
            "transfer-encoding"
        )
        self.begin = time.perf_counter()

    async def receive(self) -> Message:
        """Pass a part of the body on, and see its end."""
        message = await self._receive()
        self.read = self.read or not message.get("more_body", False)  # or the client has gone
        return message

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on.

        Where the body was not read, the client may still be sending: were the connection closed at
        once, it would not see why. So the rest is thrown away before, for as long as bodies have.
        """
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._service.ending or not self.read:
                message["headers"] = [*message.get("headers", ()), CLOSE]
            await self._send(message)
        elif self.read or message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._discard()
            await self._send({"type": "http.response.body", "body": b""})

    async def _discard(self) -> None:
        limits = self._service.settings.limits
        left = max(REST, 2 * limits.bytes)
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.seconds):
                while not self.read and left > 0:
                    async with asyncio.timeout(SILENCE):
                        message = await self.receive()
                    left -= len(message.get("body", b""))

    def fields(self) -> dict[str, object]:
        """Return what the log has of it."""
        elapsed = 1000 * (time.perf_counter() - self.begin)
        path = self.path or printable(self.scope["path"])[:LONGEST]
        said = {"method": self.scope["method"], "path": path, "status": self.status}
        return {**said, "images": self.images, "ms": round(elapsed, 1), "model": self.version}


class Gate:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, service: Serving) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens, and tell the log and the metrics."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["method"] = scope["method"][:METHOD]  # logs and answers repeat it
        visit = Visit(scope, receive, send, self._service)
        scope.setdefault("state", {})["visit"] = visit
        try:
            await self._app(scope, visit.receive, visit.send)
        except ClientDisconnect:
            visit.status = GONE
        except Exception as error:  # noqa: BLE001 - the client gets no traceback, the log does
            LOG.exception("a request failed", extra={FIELDS: visit.fields()})
            if not visit.status:
                await refuse(_failed(error))(scope, visit.receive, visit.send)
        self._tell(visit)

    def _tell(self, visit: Visit) -> None:
        visit.status = visit.status or GONE
        kind, instruments = visit.path or "other", self._service.instruments
        instruments.requests.labels(kind, visit.status).inc()
        instruments.seconds.labels(kind).observe(time.perf_counter() - visit.begin)
        LOG.info("request", extra={FIELDS: visit.fields()})


def _failed(error: Exception) -> RejectedError:
    """Return a response that hides the error: its text may name files, or data of others."""
    if needs := lacking(error):
        reason = f"the server lacks {needs} now; try again later"
        return RejectedError(503, reason, {"Retry-After": "1"})
    return RejectedError(500, "the server failed; its log says why")
