"""End what a server draws out: a byte now and then keeps a connection from ever being silent.

The timeout of a socket starts anew with each byte, of the headers, too. So a timer shuts the
connections of this fetch, whatever they wait for.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache, partial
from http.client import HTTPConnection, HTTPResponse
from threading import Lock, Timer
from time import monotonic
from typing import Any
from urllib.request import (
    AbstractHTTPHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)  # fmt: skip

from reprise.codecs.undecodable import UndecodableError
from reprise.shortage import lacking


class _Watch:
    """The sockets of one fetch."""

    def __init__(self, seconds: float) -> None:
        self._end, self._sockets, self._lock = monotonic() + seconds, list[socket.socket](), Lock()
        self._shut = False

    def add(self, made: socket.socket) -> None:
        """Watch one more: a redirection has its own."""
        with self._lock:
            self._sockets.append(made)
            if self._shut:
                _shut(made)

    def shut(self) -> None:
        """Wake whoever waits for them."""
        with self._lock:
            self._shut = True
            for one in self._sockets:
                _shut(one)

    def is_over(self) -> bool:
        """Return whether the time is over."""
        return self._shut or monotonic() >= self._end


_current: ContextVar[_Watch] = ContextVar("watch")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give a block so many seconds for all that it gets through `opener()`.

    Raises:
        UndecodableError: it took longer.
    """
    watch = _Watch(seconds)
    timer, token = Timer(seconds, watch.shut), _current.set(watch)
    timer.daemon = True
    timer.start()
    late = UndecodableError(f"did not come within {seconds:.0f} seconds")
    try:
        yield
    except Exception as error:
        if watch.is_over() and not lacking(error):
            raise late from error
        raise
    finally:
        timer.cancel()
        _current.reset(token)
    if watch.is_over():  # what was cut off may look as if it were whole
        raise late


@cache
def opener() -> OpenerDirector:
    """Return what opens addresses of http and https, and follows redirections to no others."""
    made = OpenerDirector()
    for handler in (
        ProxyHandler, UnknownHandler, _Http, _Https, HTTPDefaultErrorHandler, HTTPRedirectHandler,
        HTTPErrorProcessor,
    ):  # fmt: skip
        made.add_handler(handler())
    return made


class _Watching(AbstractHTTPHandler):
    def do_open(self, http_class: Any, req: Request, **options: Any) -> HTTPResponse:  # noqa: ANN401 - as urllib
        return super().do_open(partial(_connection, http_class), req, **options)


class _Http(_Watching, HTTPHandler):
    pass


class _Https(_Watching, HTTPSHandler):
    pass


def _connection(kind: type[HTTPConnection], host: str, **options: Any) -> HTTPConnection:  # noqa: ANN401
    made = kind(host, **options)
    connect = made.connect

    def connect_and_watch() -> None:
        connect()
        _current.get().add(made.sock)

    made.connect = connect_and_watch  # type: ignore[method-assign]
    return made


def _shut(one: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        socket.socket.shutdown(one, socket.SHUT_RDWR)  # TLS would say goodbye, and wait
