"""Clients that send too much, too slowly or nonsense: a 4xx or a closed connection, soon."""

import errno
import resource
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from running import HOST, MULTIPART, Running, form, png, served, wait_for

from reprise.serving import connections

pytest_plugins = ("server_fixtures",)

MIB = 2**20
POST = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def hurried(exported: Path) -> Iterator[Running]:
    """Return a server that waits half a second for headers and bodies."""
    with served(exported, "--timeout", "0.5", "--max-bytes", "200000") as found:
        yield found


def everything(opened: socket.socket) -> bytes:
    """Return what comes until the server closes the connection."""
    parts = []
    with suppress(ConnectionError):
        while part := opened.recv(65536):
            parts.append(part)
    return b"".join(parts)


def pour(opened: socket.socket, part: bytes, most: int) -> int:
    """Send the same again and again; return the bytes until the server closed the connection."""
    sent = 0
    with suppress(ConnectionError):
        while sent < most:
            opened.sendall(part)
            sent += len(part)
    return sent


@pytest.mark.parametrize("part", [b"a" * MIB, b"a: b\r\n" * 10000])
def test_a_header_of_100_megabytes_is_cut_off(part: bytes, running: Running) -> None:
    with running.raw() as opened:
        opened.sendall(b"GET /model HTTP/1.1\r\nx: ")
        assert pour(opened, part, 100 * MIB) < 30 * MIB
    assert running.ask("GET", "/health").status == 200


def test_a_header_that_is_too_long_is_told(running: Running) -> None:
    with running.raw() as opened:
        opened.sendall(b"GET /model HTTP/1.1\r\nx: " + b"a" * 70000)
        answer = everything(opened)
    assert answer == b"" or (answer.startswith(b"HTTP/1.1 400 ") and b'"error"' in answer)


def test_an_endless_body_is_refused_at_once_and_cut_off(running: Running) -> None:
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    with running.raw() as opened:
        opened.sendall(CHUNKED + chunk * 4)
        assert opened.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert pour(opened, chunk, 200 * MIB) < 100 * MIB
    assert running.service.bodies.held == 0


def test_a_body_that_is_announced_too_long_is_not_asked_for(running: Running) -> None:
    with running.raw() as opened:
        opened.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
        assert opened.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_is_asked_for_where_it_is_taken(running: Running) -> None:
    data = png()
    with running.raw() as opened:
        opened.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(data))
        assert opened.recv(65536).startswith(b"HTTP/1.1 100 ")
        opened.sendall(data)
        assert opened.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("begin", [b"", b"G", b"GET /model HTTP/1.1\r\nHost: a\r\n"])
def test_a_header_that_never_ends_is_given_up(begin: bytes, hurried: Running) -> None:
    with hurried.raw() as opened:
        opened.sendall(begin)
        answer = everything(opened)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the header took longer than 0.5 seconds" in answer


def test_a_header_that_drips_is_given_up(hurried: Running) -> None:
    with hurried.raw() as opened:
        opened.sendall(b"GET /model HTTP/1.1\r\n")
        with suppress(ConnectionError):
            for _ in range(100):
                opened.sendall(b"a: b\r\n")
                time.sleep(0.05)
            pytest.fail("the server has read it for 5 seconds")


def test_the_second_header_of_a_connection_has_the_same_limit(hurried: Running) -> None:
    with hurried.raw() as opened:
        opened.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /hea")
        answer = everything(opened)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answer


@pytest.mark.parametrize(
    "head", [POST + b"Content-Length: 1000\r\n\r\n", CHUNKED + b"3\r\nabc\r\n"]
)
def test_a_body_that_never_ends_is_given_up(head: bytes, hurried: Running) -> None:
    with hurried.raw() as opened:
        opened.sendall(head)
        answer = b""
        while b"}" not in answer:
            answer += opened.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the body took longer than 0.5 seconds" in answer
    assert hurried.service.bodies.held == 0


def test_slow_clients_do_not_hold_others_up(hurried: Running) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(hurried.raw()) for _ in range(100)]
        for opened in slow:
            opened.sendall(b"GET /model HTTP/1.1\r\nHo")
        assert hurried.post("/predict", png()).status == 200
        assert all(everything(opened).startswith(b"HTTP/1.1 408 ") for opened in slow)


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\1\2\3\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /model HTTP/1.1\r\n\r\n",  # no Host
        b"GET /model HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /model HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        CHUNKED + b"zz\r\n",
        POST + b"Transfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(sent: bytes, running: Running) -> None:
    with running.raw() as opened:
        opened.sendall(sent)
        answer = everything(opened)
    assert not answer or answer.split()[1][:1] == b"4"


@pytest.mark.parametrize("head", [b"a: b\r\n" * 30_000, b"a: " + b"b" * 180_000 + b"\r\n"])
def test_long_headers_in_a_form_are_refused(head: bytes, running: Running) -> None:
    data = form(("a", png())).replace(b"Content-Disp", head + b"Content-Disp")
    assert running.post("/predict", data, MULTIPART).status == 400


def test_requests_that_come_together_are_answered_in_order(running: Running) -> None:
    paths = [b"/health", b"/nothing", b"/model"]
    with running.raw() as opened:
        opened.sendall(b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path for path in paths))
        answer = b""
        while b'"license"' not in answer:
            answer += opened.recv(65536)
    assert [part.split()[0] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]


def test_a_client_that_leaves_is_forgotten(running: Running) -> None:
    counted = running.service.instruments.requests.labels("/predict", 499)
    before = counted._value.get()
    with running.raw() as opened:
        opened.sendall(POST + b"Content-Length: 1000\r\n\r\nabc")
    wait_for(lambda: counted._value.get() == before + 1)
    assert running.service.bodies.held == running.service.admitted == 0


def test_a_client_that_does_not_take_answers_is_left(hurried: Running) -> None:
    request = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.settimeout(0.5)
    with opened:
        opened.connect((HOST, hurried.port))
        mine = opened.getsockname()
        with suppress(TimeoutError, ConnectionError):
            pour(opened, request * 100, 40 * MIB)
        connections = hurried.server.server_state.connections
        wait_for(lambda: mine not in {getattr(one, "client", None) for one in connections})


def chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data).to_bytes(4)
    return len(data).to_bytes(4) + kind + data + check


def bomb(side: int) -> bytes:
    """Return a PNG file of a few bytes that states many pixels."""
    head = side.to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [5000, 12000, 60000, 2**31 - 1])
def test_a_bomb_is_refused_by_its_header(side: int, running: Running) -> None:
    answer = running.post("/predict", form(("a", bomb(side)), ("b", png())), MULTIPART)
    bad, good = answer.json()["results"]
    assert bad["error"] == "has more than 10,000 pixels; make it smaller"
    assert good["predictions"]


def test_a_text_that_inflates_is_not_inflated(running: Running) -> None:
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100 * MIB), 9))
    data = png()
    answer = running.post("/predict", data[:33] + text + data[33:])
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/predict", "/v2/models/model/infer", "/model"])
@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (MemoryError("secret"), 503, "the server lacks memory now; try again later"),
        (OSError(errno.EMFILE, "secret"), 503, "the server lacks files now; try again later"),
        (RecursionError("secret"), 500, "the server failed; its log says why"),
        (ValueError("secret"), 500, "the server failed; its log says why"),
    ],
)
def test_any_error_is_answered_as_json(
    path: str, error: Exception, status: int, reason: str, running: Running
) -> None:
    class Failing:
        def __getattr__(self, name: str) -> object:
            raise error

    service = running.service
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "bodies", Failing())
        patch.setattr(service, "deployed", Failing())
        method = "GET" if path == "/model" else "POST"
        answer = running.ask(method, path)
    assert (answer.status, answer.json()) == (status, {"error": reason})
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    assert running.ask("GET", "/model").status == 200


@pytest.mark.parametrize(
    ("files", "most"),
    [(10, 1), (64, 1), (256, 192), (1024, 900), (10**6, 900), (resource.RLIM_INFINITY, 900)],
)
def test_connections_leave_files_for_the_rest(
    files: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert connections.most() == most
