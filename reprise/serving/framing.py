"""Parse HTTP/1.1 by h11, more strictly where parsers disagree or h11 takes long."""

import re
from typing import Any

import h11

FREE, LEAST = 1000, 128  # chunks of a body; where there are more, bytes that they have on average
TINY = f"the body comes in chunks of less than {LEAST} bytes; send larger ones, or Content-Length"
BOTH = "Content-Length and Transfer-Encoding exclude each other"
LINE_END = b"\r\n"
PLACE = re.compile(rb"https?://[^/?#]+", re.IGNORECASE)
OLD = "Transfer-Encoding is not of HTTP/1.0"


class FramedConnection(h11.Connection):
    """A connection that says why it refuses a request.

    h11 goes by Transfer-Encoding where there is Content-Length, too. What stands in front of the
    server may go by the other, and so take the end of one request for the next: RFC 9112, section
    6.1 and 6.3, has such a request refused, or the connection closed.
    """

    reason = ""
    _chunks = _bytes = 0
    _skipped = False  # a line end, before the request that is to come

    def next_event(self) -> Any:  # noqa: ANN401  # an event, or what there is instead
        """Return what was received next.

        Raises:
            RemoteProtocolError: it is not HTTP, ambiguous, or a body in tiny chunks: of these, one
                megabyte takes a second, in which nobody else is served.
        """
        if self.their_state is h11.IDLE and not self._skipped and not self._skip():
            return h11.NEED_DATA
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks, self._bytes, self._skipped = 0, 0, False
            self._check(event)
            event = _relative(event)
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_end
            self._bytes += len(event.data)
            if self._chunks > FREE and self._bytes < LEAST * self._chunks:
                self._refuse(TINY)
        return event

    def _skip(self) -> bool:
        """Pass over one line end before a request (RFC 9112, 2.2); return whether all of it came.

        Some clients send one behind a body, without counting it.
        """
        begin = self.trailing_data[0][:2]
        if begin == LINE_END:
            self._receive_buffer.maybe_extract_at_most(2)
            self._skipped = True
        return begin != LINE_END[:1]

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


def _relative(request: h11.Request) -> h11.Request:
    """Return a request without scheme and host in its target, which may be of a proxy's form.

    RFC 9112, section 3.2.2: a server must take it, and goes by it instead of by Host.
    """
    if not (found := PLACE.match(request.target)):
        return request
    rest = request.target[found.end() :]
    return h11.Request(
        method=request.method,
        target=rest if rest.startswith(b"/") else b"/" + rest,
        headers=request.headers,
        http_version=request.http_version,
    )
