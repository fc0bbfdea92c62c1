"""HTTP for clients that are slow, or mean to be: no connection waits without an end."""

import json
import socket
from asyncio import TimerHandle, Transport
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from reprise.serving import connections
from reprise.serving.framing import FramedConnection
from reprise.serving.orderly_end import OrderlyTransport

GRACE = 0.5  # seconds in which an idle connection may still ask, while the server ends
LINGER, REST = 2.0, 2**24  # seconds, and bytes, of what a refused client still sends
HEADER = 2**16  # bytes
PHRASES = {400: "Bad Request", 408: "Request Timeout"}


class GuardedProtocol(H11Protocol):
    """uvicorn's protocol with time limits where it has none.

    A header must arrive within `seconds`, and an answer be taken; bodies have their own limit,
    where they are read (`bodies`). A header of more than `HEADER` bytes is refused by h11.
    """

    conn: FramedConnection
    seconds = 20.0
    _deadline: TimerHandle | None = None
    _stuck: TimerHandle | None = None
    _leaving = _ended = _refused = False
    _rest: int | None = None  # bytes that are thrown away yet; None: nothing was refused

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # as in the parent
        """Wait for the first header."""
        super().connection_made(transport)
        self.transport = cast("Transport", OrderlyTransport(transport, self._linger))
        self.conn = FramedConnection(h11.SERVER, HEADER)
        if len(self.connections) > connections.MOST:
            self.transport.close()
        # Header and body of an answer are two writes: Nagle's algorithm would keep the second until
        # the client has acknowledged the first, 40 ms later.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wait(self.seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; where it is a part of a header only, the time runs on."""
        if self._rest is not None:
            self._rest -= len(data)
            if self._rest < 0:
                self.transport.abort()
            return
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait(None)
            self.cycle.keep_alive &= not self._leaving
        elif self._deadline is None:
            self._wait(self.seconds)

    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio has it
        """Return whether the connection stays open for answers to what was sent before.

        A client may end its side as soon as it has asked (RFC 9112, section 9.6), as `nc -N` does.
        """
        self._ended = True
        return self._owes()

    def _owes(self) -> bool:
        cycle = self.cycle
        asked = cycle is not None and not cycle.more_body and not cycle.response_complete
        return asked and self._rest is None

    def on_response_complete(self) -> None:
        """Close the connection if the client does not take the answer, or has ended its side."""
        super().on_response_complete()
        if self._ended and not self._owes():
            self.transport.close()
        if self.transport.is_closing():
            self.loop.call_later(self.seconds, self.transport.abort)
        elif self.cycle.response_complete and self.conn.trailing_data[0]:
            self._wait(self.seconds)  # a part of the next header is there already

    def pause_writing(self) -> None:
        """Give a client that takes no more some time."""
        super().pause_writing()
        self._stuck = self.loop.call_later(self.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on, as the client does."""
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection, even if an answer is not taken."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.seconds, self.transport.abort)

    def shutdown(self) -> None:
        """Take one more request of a connection, while the server ends: it may be on its way."""
        self._leaving = True
        if self._is_idle() and not self.transport.is_closing():
            self._wait(GRACE)
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(400, self.conn.reason or msg)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self._leaving and self._is_idle():
            self.transport.close()
        else:
            self._refuse(408, f"the header took longer than {self.seconds:g} seconds")

    def _refuse(self, status: int, reason: str) -> None:
        """Answer without the application, and close when the client has had time to read it."""
        if self.transport.is_closing() or self._rest is not None:
            return
        self._wait(None)
        if self.cycle is not None and not self.cycle.response_complete:
            if self.cycle.response_started:
                self.transport.close()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        body = json.dumps({"error": reason}).encode()
        head = (
            f"HTTP/1.1 {status} {PHRASES[status]}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self._refused = True
        self.transport.close()

    def _linger(self) -> bool:
        """Throw away what a client still sends, for a while; return False if it sends no more."""
        if not self._refused and self.conn.their_state not in {h11.SEND_BODY, h11.ERROR}:
            return False
        self._rest = REST
        self.flow.resume_reading()
        self.loop.call_later(LINGER, self.transport.abort)
        return True
