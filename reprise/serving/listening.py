"""Run the application on a port until a signal ends it."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from uvicorn import Config, Server

from reprise.escaping import printable
from reprise.serving.application import build
from reprise.serving.log_lines import LOG
from reprise.serving.service import Serving
from reprise.serving.slow_clients import GuardedProtocol
from reprise.serving.swapping import Swapper

IDLE = 30  # seconds that a connection is kept for the next request
WAITING = 1024  # connections that the system keeps until they are taken


class ListeningError(Exception):
    """An address that cannot be bound; the message is the reason, with the remedy."""


class GracefulServer(Server):
    """A server that ends as it is told: it takes requests for a while, then answers them all."""

    def __init__(self, service: Serving, swapper: Swapper) -> None:
        seconds = service.settings.limits.seconds
        self._protocol = type("Guarded", (GuardedProtocol,), {"seconds": seconds})
        super().__init__(
            Config(
                build(service, swapper),
                http=self._protocol,
                ws="none",
                loop="asyncio",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=IDLE,
                timeout_graceful_shutdown=None,  # each connection has its own limits
            )
        )
        self._service, self._swapper = service, swapper
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = float("inf")  # of taking requests, by the monotonic clock

    def leave(self, seconds: float) -> None:
        """Say that this server is ending; stop taking requests after some seconds."""
        self._service.ending = True
        self._end = time.monotonic() + seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where it listens, when it does."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        deployed = self._service.deployed
        for host, port, *_ in (one.getsockname() for one in sockets or ()):
            shown = f"[{host}]" if ":" in host else host
            LOG.info("serving %s %s at http://%s:%d", deployed.name, deployed.version, shown, port)

    async def on_tick(self, counter: int) -> bool:
        """Return whether it is time to stop; ten times a second."""
        self.should_exit = self.should_exit or time.monotonic() >= self._end
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening; answer what was taken, and what the system has taken for this process."""
        taken = [one for opened in sockets or () for one in _accepted(opened)]
        for server in self.servers:
            server.close()
        for one in taken:
            await self._connect(one)
        await super().shutdown(sockets)

    async def _connect(self, accepted: socket.socket) -> None:
        state, shared = self.server_state, self.lifespan.state
        loop = asyncio.get_running_loop()
        with suppress(OSError):  # the client has gone
            await loop.connect_accepted_socket(
                lambda: self._protocol(self.config, state, shared, loop), accepted
            )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals; unlike the parent's, the process does not die of them afterwards."""
        if threading.current_thread() is not threading.main_thread():  # of a test
            yield
            return
        names = [one for one in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, one)]
        before = {getattr(signal, one): signal.getsignal(getattr(signal, one)) for one in names}
        for number in before:
            signal.signal(number, self.handle_exit)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Begin to end; at the second signal end. SIGHUP looks for a new model."""
        if sig not in {signal.SIGINT, signal.SIGTERM}:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._swapper.tell)
        elif self._service.ending:
            with suppress(OSError, ValueError):  # it may be closed, or full
                if sys.stderr:
                    sys.stderr.flush()
            os._exit(128 + sig)
        else:
            self.leave(self._service.settings.drain if sig == signal.SIGTERM else 0.0)


def _accepted(opened: socket.socket) -> Iterator[socket.socket]:
    """Accept and yield the connections in the backlog of the socket."""
    with suppress(OSError):  # there is no further one
        while True:
            yield opened.accept()[0]


def listen(host: str, port: int) -> socket.socket:
    """Open the port.

    Raises:
        ListeningError: it is taken, or the host is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=WAITING)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # Python adds the address
        raise ListeningError(
            f"{printable(host)}:{port}: cannot listen there ({reason}); choose another --port, or "
            "a --host of this machine"
        ) from error


def run(service: Serving, swapper: Swapper, opened: socket.socket) -> None:
    """Serve until a signal ends it; what was taken is answered."""
    GracefulServer(service, swapper).run([opened])
    service.end()
    LOG.info("ended")
