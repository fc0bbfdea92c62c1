"""Where a request ends: h11's parser, stricter where others disagree or where it takes long."""

from typing import Any

import h11

FREE, LEAST = 1000, 128  # chunks of a body; where there are more, bytes that they have on average
TINY = f"the body comes in chunks of less than {LEAST} bytes; send larger ones, or Content-Length"
BOTH = "Content-Length and Transfer-Encoding exclude each other"
OLD = "Transfer-Encoding is not of HTTP/1.0"


class FramedConnection(h11.Connection):
    """A connection that says why it refuses a request.

    h11 goes by Transfer-Encoding where there is Content-Length, too. What stands in front of the
    server may go by the other, and so take the end of one request for the next: RFC 9112, section
    6.1 and 6.3, has such a request refused, or the connection closed.
    """

    reason = ""
    _chunks = _bytes = 0

    def next_event(self) -> Any:  # noqa: ANN401  # an event, or what there is instead
        """Return what was received next.

        Raises:
            RemoteProtocolError: it is not HTTP, ambiguous, or a body in tiny chunks: of these, one
                megabyte takes a second, in which nobody else is served.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = self._bytes = 0
            self._check(event)
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_end
            self._bytes += len(event.data)
            if self._chunks > FREE and self._bytes < LEAST * self._chunks:
                self._refuse(TINY)
        return event

    def _check(self, request: h11.Request) -> None:
        names = {name for name, _ in request.headers}
        if b"transfer-encoding" in names:
            if b"content-length" in names:
                self._refuse(BOTH)
            if request.http_version != b"1.1":
                self._refuse(OLD)

    def _refuse(self, reason: str) -> None:
        self.reason = reason
        raise h11.RemoteProtocolError(reason)
