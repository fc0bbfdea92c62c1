"""Close a connection so that the client gets the answer, also while it still sends its body.

A socket that is closed while bytes come in has the system reset the connection, and a client may
lose the answer that it had not read yet (RFC 9112, section 9.6).
"""

from asyncio import Transport
from collections.abc import Callable
from typing import Any


class OrderlyTransport:
    """A transport that first ends its own side, where the client may not have ended its own."""

    def __init__(self, transport: Transport, linger: Callable[[], bool]) -> None:
        """Take a transport; `linger` says whether the client may still send, and lets it."""
        self._transport, self._linger = transport, linger
        self._ended = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # of a transport
        """Return what it has not itself."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes; after the end none is sent, as after `close`."""
        if not self._ended:
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Return whether nothing more will be sent."""
        return self._ended or self._transport.is_closing()

    def close(self) -> None:
        """Send what is left, then end."""
        if self.is_closing():
            return
        if self._linger():
            self._ended = True
            self._transport.write_eof()
        else:
            self._transport.close()
