"""Where requests end: halves of connections, ambiguous lengths, tiny chunks, refused bodies."""

import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import h11
import pytest
from running import HOST, Running, png, served, wait_for

from reprise.serving import gate
from reprise.serving.framing import BOTH, OLD, TINY, FramedConnection

pytest_plugins = ("server_fixtures",)
GET = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"
TOKEN = "0123456789abcdef"  # noqa: S105
HUGE = bytes(33 * 10**6)


def everything(opened: socket.socket) -> bytes:
    """Return what comes until the server closes the connection, which it does in good order."""
    parts = []
    while part := opened.recv(65536):
        parts.append(part)
    return b"".join(parts)


def sent(data: bytes, running: Running) -> bytes:
    """Send bytes, end this side, and return all that comes."""
    with running.raw() as opened:
        opened.sendall(data)
        opened.shutdown(socket.SHUT_WR)
        return everything(opened)


def statuses(answer: bytes) -> list[bytes]:
    return [part.split()[0] for part in answer.split(b"HTTP/1.1 ")[1:]]


def test_a_client_that_ends_its_side_gets_its_answer(running: Running) -> None:
    data = png()
    asked = POST + b"Content-Length: %d\r\n\r\n" % len(data) + data
    head, _, body = sent(asked, running).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["results"][0]["predictions"]
    assert statuses(sent(GET % b"/model", running)) == [b"200"]


def test_it_gets_all_of_its_answers_and_no_more(running: Running) -> None:
    paths = [b"/health", b"/nothing", b"/model"]
    together = b"".join(GET % path for path in paths)
    assert statuses(sent(together, running)) == [b"200", b"404", b"200"]
    assert statuses(sent(together + b"GET /hea", running)) == [b"200", b"404", b"200"]
    assert statuses(sent(together + POST + b"Content-Length: 9\r\n\r\nab", running)) == [
        b"200", b"404", b"200",
    ]  # fmt: skip


def test_one_line_end_before_a_request_is_passed_over(running: Running) -> None:
    data = png()
    asked = POST + b"Content-Length: %d\r\n\r\n" % len(data) + data
    assert statuses(sent(b"\r\n" + asked + b"\r\n" + GET % b"/health", running)) == [b"200"] * 2
    assert statuses(sent(b"\r\n\r\n" + GET % b"/health", running)) == [b"400"]
    whole = FramedConnection(h11.SERVER)
    for letter in b"\r\n" + GET % b"/a":
        event = whole.next_event()
        assert event is h11.NEED_DATA
        whole.receive_data(bytes([letter]))
    assert whole.next_event().target == b"/a"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://x/health", b"200"),
        (b"HTTPS://x:8/health?a=http://b", b"200"),
        (b"http://x/none", b"404"),
        (b"http://x?a", b"200"),  # the page
        (b"http:///health", b"404"),
        (b"ftp://x/health", b"404"),
    ],
)
def test_a_target_may_have_scheme_and_host(target: bytes, status: bytes, running: Running) -> None:
    assert statuses(sent(GET % target, running)) == [status]


@pytest.mark.parametrize("begin", [b"", b"GET /hea", POST + b"Content-Length: 9\r\n\r\nab"])
def test_a_request_that_ends_early_is_no_request(begin: bytes, running: Running) -> None:
    assert sent(begin, running) == b""
    wait_for(lambda: not running.server.server_state.connections)
    wait_for(lambda: not running.service.bodies.held)
    assert running.service.admitted == 0


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (CHUNKED + b"Content-Length: 5\r\n", BOTH),
        (b"Content-Length: 5\r\n" + CHUNKED, BOTH),
        (b"content-length: 0\r\nTRANSFER-encoding: Chunked\r\n", BOTH),
    ],
)
def test_two_lengths_are_refused_and_what_follows_is_not_read(
    head: bytes, reason: str, running: Running
) -> None:
    with running.raw() as opened:
        opened.sendall(POST + head + b"\r\n" + END + GET % b"/smuggled")
        answer = everything(opened)
    assert statuses(answer) == [b"400"]
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"error": reason}
    assert b"connection: close" in answer


def test_chunks_are_not_of_the_old_version(running: Running) -> None:
    with running.raw() as opened:
        opened.sendall(b"POST /predict HTTP/1.0\r\n" + CHUNKED + b"\r\n" + END)
        answer = everything(opened)
    assert statuses(answer) == [b"400"]
    assert OLD.encode() in answer


@pytest.mark.parametrize("path", [b"/predict", b"/nothing"])
def test_a_body_in_tiny_chunks_is_refused(path: bytes, running: Running) -> None:
    with running.raw() as opened:
        opened.sendall(POST.replace(b"/predict", path) + CHUNKED + b"\r\n")
        opened.sendall(b"1\r\na\r\n" * 30_000)
        answer = everything(opened)
    assert statuses(answer) in ([b"400"], [b"404"])
    assert path != b"/predict" or TINY.encode() in answer
    wait_for(lambda: not running.server.server_state.connections)
    wait_for(lambda: not running.service.bodies.held)


@pytest.mark.parametrize(("size", "count"), [(1, 1000), (128, 1500), (65536, 3)])
def test_a_body_in_chunks_of_some_size_is_taken(size: int, count: int, running: Running) -> None:
    chunk = b"%x\r\n%s\r\n" % (size, b"a" * size)
    answer = sent(POST + CHUNKED + b"\r\n" + chunk * count + END, running)
    assert statuses(answer) == [b"422"]  # it is no picture


def test_each_request_has_its_own_chunks() -> None:
    connection = FramedConnection(h11.SERVER)
    for _ in range(3):
        connection.receive_data(POST + CHUNKED + b"\r\n" + b"1\r\na\r\n" * 700 + END)
        while connection.next_event() is not h11.PAUSED:
            if connection.their_state is h11.DONE:
                break
        connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
        connection.send(h11.EndOfMessage())
        connection.start_next_cycle()


@pytest.fixture(scope="module")
def locked(exported: Path) -> Iterator[Running]:
    """Return a server that asks for a token, with the usual limits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPRISE_TOKEN", TOKEN)
        with served(exported) as found:
            yield found


def by_http_client(port: int) -> int:
    connection = HTTPConnection(HOST, port, timeout=20)
    connection.request("POST", "/predict", HUGE)
    return connection.getresponse().status


def by_chunks(port: int) -> int:
    connection = HTTPConnection(HOST, port, timeout=20)
    parts = (HUGE[at : at + 65536] for at in range(0, len(HUGE), 65536))
    connection.request("POST", "/predict", parts, encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    return connection.getresponse().status


def by_urllib(port: int) -> int:
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(f"http://{HOST}:{port}/predict", HUGE), timeout=20)
    with caught.value as error:
        assert b"the token is missing" in error.read()
        return error.code


def by_curl(port: int) -> int:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    command = ["curl", "-sS", "-o", "-", "-w", " %{http_code}", "-H", "Expect:"]
    command += [f"http://{HOST}:{port}/predict", "--data-binary", "@-"]
    said = subprocess.run(command, input=HUGE, capture_output=True, check=True, timeout=20)
    return int(said.stdout.split()[-1])


@pytest.mark.parametrize("client", [by_http_client, by_chunks, by_urllib, by_curl])
def test_who_has_no_token_learns_it_whatever_he_sends(
    client: Callable[[int], int], locked: Running
) -> None:
    assert client(locked.port) == 401


def test_a_refused_body_is_thrown_away_up_to_a_limit(
    locked: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "REST", 2**20)
    part = bytes(2**20)
    with locked.raw() as opened:
        opened.sendall(POST + b"Content-Length: 999999999\r\n\r\n")
        taken = 0
        with suppress(ConnectionError):
            while taken < 200:
                opened.sendall(part)
                taken += 1
    assert 64 <= taken < 100  # 64 are twice as many as a body may have; the rest is in buffers


def test_a_refused_body_that_does_not_come_is_not_waited_for(
    locked: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "SILENCE", 0.1)
    with locked.raw() as opened:
        opened.sendall(POST + b"Content-Length: 1000\r\n\r\nabc")
        answer = everything(opened)
    assert statuses(answer) == [b"401"]
