"""Pictures from addresses: by http on the loopback, by others through fsspec."""

import io
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import ClassVar

import fsspec
import numpy as np
import pytest
from fsspec import AbstractFileSystem
from servers import HOST, free_port
from toys import encoded, pixels

from reprise.directory import Failure, Skipped, Source
from reprise.inputs import Loaded, load
from reprise.sourcing import limited, online
from reprise.sourcing.naming import is_many, pictures_of
from reprise.spec import InputSpec

MOVED = {
    "/moved.png": "/good.png",
    "/away.png": "file:///etc/passwd",
    "/ftp.png": f"ftp://{HOST}:1/x.png",
    "/slow-move.png": "/slow-headers.png",
}
DRIPPING = {  # after this start
    "/slow-headers.png": b"HTTP/1.1 200 OK\r\nX: ",
    "/slow.png": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
}
PICTURES = ("/good.png", "/guarded.png", "/%C3%BC%20b.png?q=%C3%A9%20%2B")
BASIC = "Basic bWU6c2VAY3JldA=="  # me:se@cret
OUTLASTED = list[str]()  # what was waited for to its end
SPEC = InputSpec(6, 7, 3, "stretch", "bilinear")
PNG = encoded(pixels(0))


class Answers(BaseHTTPRequestHandler):
    """Answers as the path says."""

    def do_GET(self) -> None:  # noqa: C901 - a branch a kind of answer
        if self.path in MOVED:
            self.send_response(302)
            self.send_header("Location", MOVED[self.path])
            self.end_headers()
        elif self.path in DRIPPING:
            self.drip(DRIPPING[self.path])
        elif self.path == "/endless.png":
            self.send_response(200)
            self.end_headers()
            for _ in range(64):
                self.wfile.write(bytes(2**16))
        elif self.path == "/short.png":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(PNG)
        elif self.path == "/text.png":
            self.answer(b"text")
        elif self.path == "/guarded.png" and self.headers["Authorization"] != BASIC:
            self.send_error(401)
        elif self.path.startswith(PICTURES):
            self.answer(PNG)
        else:
            self.send_error(404, "Not Found")

    def drip(self, start: bytes) -> None:
        """Write a byte now and then, until nobody is there any more."""
        self.wfile.write(start)
        for _ in range(2000):
            self.wfile.write(b"x")
            sleep(0.01)
        OUTLASTED.append(self.path)

    def answer(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer((HOST, 0), Answers)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who has enough hangs up
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{HOST}:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "LARGEST", 2**20)
    monkeypatch.setattr(limited, "BLOCK", 2**16)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def taken(address: str) -> Loaded | Failure:
    (source,) = pictures_of(address, Skipped())
    assert isinstance(source, Source)
    assert source.name == address
    return load(source, SPEC)


@pytest.mark.parametrize("path", ["good.png", "moved.png", "good.png?size=7#top"])
def test_a_picture_is_fetched(site: str, path: str) -> None:
    found = taken(f"{site}/{path}")
    assert isinstance(found, Loaded)
    np.testing.assert_array_equal(found.pixels, pixels(0))
    assert isinstance(taken(f"{site.upper()}/{path}"), Loaded)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none.png", "cannot be fetched (HTTP Error 404: Not Found)"),
        ("text.png", "no picture of a kind that can be read"),
        ("endless.png", "has more than 134,217,728 bytes"),
        ("away.png", "cannot be fetched (HTTP Error 302"),
        ("ftp.png", "cannot be fetched (unknown url type: ftp)"),
        ("short.png", "ended early: "),
    ],
)
def test_what_is_no_picture_is_told(site: str, path: str, reason: str) -> None:
    found = taken(f"{site}/{path}")
    assert isinstance(found, Failure)
    assert found.reason.startswith(reason)


def test_letters_and_spaces_of_an_address_are_quoted(site: str) -> None:
    assert isinstance(taken(f"{site}/ü b.png?q=é %2B#ö"), Loaded)
    assert (
        online.encoded("http://bücher.example:80/%20 ") == "http://xn--bcher-kva.example:80/%20%20"
    )
    assert online.encoded("http://a/\udcff") == "http://a/%FF"
    assert online.encoded("http://[::1]:8/a/b;c=1?d=[e]&f") == "http://[::1]:8/a/b;c=1?d=[e]&f"


@pytest.mark.parametrize("host", ["ü..example", "\udcfc.example", "ü" * 70])
def test_a_host_that_cannot_be_one_is_told(host: str) -> None:
    found = taken(f"http://{host}/x.png")
    assert isinstance(found, Failure)
    assert found.reason.startswith("cannot be fetched (")


@pytest.mark.parametrize(
    ("login", "path", "good"),
    [
        ("me:se%40cret", "guarded.png", True),
        ("me:se%40cret", "none.png", False),
        ("me:other", "guarded.png", False),
    ],
)
def test_a_password_is_sent_but_not_told(login: str, path: str, good: bool, site: str) -> None:  # noqa: FBT001
    (source,) = pictures_of(f"{site.replace('//', f'//{login}@')}/{path}", Skipped())
    assert isinstance(source, Source)
    found = load(source, SPEC)
    assert (found.name, isinstance(found, Loaded)) == (f"{site}/{path}", good)
    assert login not in str(found)


def test_a_library_that_repeats_the_address_is_not_repeated() -> None:
    (source,) = pictures_of("nope://me:secret@host/x.png", Skipped())
    assert isinstance(source, Source)
    assert "secret" not in str(load(source, SPEC))


def test_what_takes_too_long_is_given_up(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online, "WHOLE", 0.0)
    found = taken(f"{site}/good.png")
    assert isinstance(found, Failure)
    assert found.reason == "did not come within 0 seconds"


@pytest.mark.parametrize("path", ["slow.png", "slow-headers.png", "slow-move.png"])
def test_a_byte_now_and_then_does_not_keep_it_waiting(
    path: str, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online, "WHOLE", 0.3)
    assert taken(f"{site}/{path}") == Failure(f"{site}/{path}", "did not come within 0 seconds")
    assert not OUTLASTED


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online, "SILENCE", 0.1)
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        found = taken(f"http://{HOST}:{server.getsockname()[1]}/x.png")
    assert isinstance(found, Failure)
    assert "timed out" in found.reason


@pytest.mark.parametrize("address", ["http://", "https://[", "http://a b/", "nope://a/b.png"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    found = taken(address)
    assert isinstance(found, Failure)
    assert found.reason.startswith("cannot be fetched (")


def test_nobody_there_is_told() -> None:
    found = taken(f"http://{HOST}:{free_port()}/x.png")
    assert isinstance(found, Failure)
    assert "refused" in found.reason


def test_other_addresses_are_those_of_fsspec(tmp_path: Path) -> None:
    with fsspec.open("memory://box/x.png", "wb") as file:
        file.write(PNG)
    assert isinstance(taken("memory://box/x.png"), Loaded)
    (tmp_path / "x.png").write_bytes(PNG)
    assert isinstance(taken(f"file://{tmp_path}/x.png"), Loaded)
    assert isinstance(taken("memory://box/none.png"), Failure)


class Drawn(io.RawIOBase):
    """A file that comes slowly, or never, or without an end."""

    def __init__(self, pause: float) -> None:
        self.pause, self.blocks = pause, 0

    def read(self, size: int = -1) -> bytes:
        sleep(self.pause)
        self.blocks += 1
        return bytes(size)


class DrawnOut(AbstractFileSystem):  # type: ignore[misc]
    """A server of any protocol: it is slow at first, or with each block, or has no end."""

    protocol = "drawn"
    files: ClassVar[list[Drawn]] = []
    freed = Event()

    def _open(self, path: str, *_: object, **__: object) -> Drawn:
        if path.endswith("silent.png"):
            assert self.freed.wait(20)
        if path.endswith("own.png"):
            raise TimeoutError("of its own")
        self.files.append(Drawn(0.02 if path.endswith("slow.png") else 0))
        return self.files[-1]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Drawn]:
    """Have addresses drawn://, and a limit of a moment."""
    fsspec.register_implementation("drawn", DrawnOut, clobber=True)
    monkeypatch.setattr(online, "WHOLE", 0.3)
    monkeypatch.setattr(limited, "LARGEST", 2**28)
    DrawnOut.files.clear()
    DrawnOut.freed.clear()
    return DrawnOut.files


@pytest.mark.parametrize("name", ["slow.png", "silent.png"])
def test_every_address_has_the_limit_of_time(name: str, drawn: list[Drawn]) -> None:
    address = f"drawn://{name}"
    assert taken(address) == Failure(address, "did not come within 0 seconds")
    DrawnOut.freed.set()
    for thread in threading.enumerate():
        if thread.name == "fetch":
            thread.join(20)
            assert not thread.is_alive()  # it reads no further
    assert [one.blocks > 0 for one in drawn] == [name == "slow.png"]


def test_every_address_has_the_limit_of_size(
    drawn: list[Drawn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limited, "LARGEST", 2**20)
    found = taken("drawn://endless.png")
    assert isinstance(found, Failure)
    assert found.reason.startswith("has more than ")
    assert len(drawn) == 1
    assert drawn[0].blocks < 20


@pytest.mark.usefixtures("drawn")
def test_an_error_of_the_library_is_told_as_such() -> None:
    assert taken("drawn://own.png") == Failure("drawn://own.png", "cannot be fetched (of its own)")


def test_without_fsspec_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    found = taken("s3://bucket/x.png")
    assert isinstance(found, Failure)
    assert found.reason == "needs fsspec, and what speaks s3: `pip install 'fsspec[s3]'`"


def test_an_address_is_one_picture() -> None:
    assert not is_many("http://a/*.zip")
    assert not online.is_address("C://a.png")
    assert not online.is_address("a/b://c")
