import hashlib
import resource
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import fsspec
import pytest

from stages.errors import UserError
from stages.sources import fetch as fetching
from stages.sources import retry
from stages.sources.fetch import TIMEOUT, _Transfer, fetch

DATA = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(DATA).hexdigest()
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()


class Server(ThreadingHTTPServer):
    """A server that fails as it is told to, and notes what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data = DATA
        self.states: list[int] = []  # of the next answers
        self.drops: list[int] = []  # bytes after which the next answers break off
        self.ranges = True
        self.length = True
        self.asked: list[str | None] = []  # ranges
        self.stored = Event()  # some of what was sent
        self.silent: list[int] = []  # bytes after which the next answers fall silent
        self.heard = Event()  # the end of the silence
        self.logins: list[str | None] = []
        self.login: str | None = None  # that is asked for

    def address(self, name: str = "photos.zip") -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self._head(200, self.server.data)

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers["Range"]
        server.logins.append(self.headers["Authorization"])
        if server.login not in {None, self.headers["Authorization"]}:
            self.send_error(401)
            return
        server.asked.append(wanted)
        if server.states and (state := server.states.pop(0)) != 200:
            self.send_error(state)
            return
        data, state = server.data, 200
        if wanted and server.ranges:
            first, last = wanted.removeprefix("bytes=").split("-")
            data, state = data[int(first) : int(last) + 1], 206
        self._head(state, data)
        if server.silent:
            self.wfile.write(data[: server.silent.pop(0)])
            self.wfile.flush()
            server.heard.wait(30)
            return
        stop = server.drops.pop(0) if server.drops else len(data)
        self.wfile.write(data[:stop])
        if stop < len(data):  # what a client has not taken when the connection drops is lost
            server.stored.wait(5)
        self.close_connection = True

    def _head(self, state: int, data: bytes) -> None:
        self.send_response(state)
        if self.server.length:
            self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", hashlib.sha256(self.server.data).hexdigest())
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(retry, "PAUSE", 0)
    store = _Transfer._store
    with Server() as served:

        def stored(copy: _Transfer, block: bytes) -> None:
            store(copy, block)
            served.stored.set()

        monkeypatch.setattr(_Transfer, "_store", stored)
        Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
        yield served
        served.shutdown()


def test_a_file_comes_whole(server: Server, tmp_path: Path) -> None:
    fetch(server.address(), tmp_path / "new" / "a")
    assert (tmp_path / "new" / "a").read_bytes() == DATA


@pytest.mark.parametrize("checksum", [f"sha256:{SHA256}", f"sha256:{SHA256.upper()}", f"md5:{MD5}"])
def test_a_file_with_its_checksum_is_kept(server: Server, tmp_path: Path, checksum: str) -> None:
    fetch(server.address(), tmp_path / "a", checksum)
    assert (tmp_path / "a").read_bytes() == DATA


def test_a_wrong_checksum_leaves_the_old_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(UserError) as caught:
        fetch(server.address(), tmp_path / "a", f"md5:{'0' * 32}")
    assert f"{server.address()}: its md5 is {MD5}, expected {'0' * 32}" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_dropped_connection_is_resumed(server: Server, tmp_path: Path) -> None:
    server.drops = [300_000]
    fetch(server.address(), tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == DATA
    whole, rest = server.asked
    assert whole is None
    assert rest is not None
    assert int(rest.removeprefix("bytes=").split("-")[0]) > 0


def test_where_parts_are_not_served_a_dropped_connection_is_begun_anew(
    server: Server, tmp_path: Path
) -> None:
    server.drops, server.ranges = [300_000], False
    fetch(server.address(), tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == DATA
    assert server.asked[0] is server.asked[-1] is None


def test_a_file_that_changed_meanwhile_is_begun_anew(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(_: float) -> None:
        server.data = DATA[::-1]

    server.drops = [300_000]
    monkeypatch.setattr("stages.sources.retry.time.sleep", change)
    fetch(server.address(), tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == DATA[::-1]


def test_a_file_of_unknown_length_comes_whole(server: Server, tmp_path: Path) -> None:
    server.length = False
    fetch(server.address(), tmp_path / "a", f"sha256:{SHA256}")


@pytest.mark.parametrize("state", [500, 503, 429, 408])
def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path, state: int) -> None:
    server.states = [state, state]
    fetch(server.address(), tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == DATA


def test_pauses_grow(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(retry, "PAUSE", 1.0)
    monkeypatch.setattr("stages.sources.retry.time.sleep", pauses.append)
    server.drops = [10] * 10
    with pytest.raises(UserError, match=r"cannot be fetched in 5 tries: .*; check the network"):
        fetch(server.address(), tmp_path / "a")
    assert pauses == [1, 2, 4, 8]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (404, "cannot be fetched: there is no such file; check the address"),
        (410, "cannot be fetched: there is no such file; check the address"),
        (401, "cannot be fetched: 401.*; check that you may read it"),
        (403, "cannot be fetched: 403.*; check that you may read it"),
    ],
)
def test_what_will_not_pass_is_asked_once(
    server: Server, tmp_path: Path, state: int, message: str
) -> None:
    server.states = [state] * 9
    with pytest.raises(UserError, match=rf"^{server.address()}: {message}"):
        fetch(server.address(), tmp_path / "a")
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://127.0.0.1:1/a", "in 5 tries: Cannot connect to host 127.0.0.1:1"),
        ("http://reprise.invalid/a", "Cannot connect to host reprise.invalid"),
        ("gopher://a/b", "Protocol not known: gopher; give an address with http, https, s3"),
        ("http://", "give an address with http, https, s3"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(
    tmp_path: Path, address: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "PAUSE", 0)
    with pytest.raises(UserError) as caught:
        fetch(address, tmp_path / "a")
    assert str(caught.value).startswith(f"{address}: cannot be fetched")
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("protocol", "remedy"),
    [
        ("s3", "make install EXTRAS=s3"),
        ("gs", "make install EXTRAS=gs"),
        ("ssh", "make install EXTRAS=ssh"),
        ("sftp", "make install EXTRAS=ssh"),
        ("abfs", "pip install 'fsspec"),
    ],
)
def test_a_missing_driver_is_named(
    tmp_path: Path, protocol: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("Install it")

    monkeypatch.setattr(fsspec, "url_to_fs", missing)
    with pytest.raises(UserError, match=rf"^{protocol}://a/b: .*`{remedy}"):
        fetch(f"{protocol}://a/b", tmp_path / "c")


def test_a_file_address_and_a_path_are_copied(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DATA)
    for address in (f"file://{tmp_path}/a", str(tmp_path / "a")):
        fetch(address, tmp_path / "b", f"sha256:{SHA256}")
        assert (tmp_path / "b").read_bytes() == DATA


def test_a_path_that_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it is a folder; give the address of one file"):
        fetch(f"file://{tmp_path}", tmp_path / "b")
    with pytest.raises(UserError, match="there is no such file; check the address"):
        fetch(f"file://{tmp_path}/a", tmp_path / "b")


def test_what_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError("Forbidden")

    monkeypatch.setattr(fsspec, "url_to_fs", forbidden)
    with pytest.raises(UserError, match=r"Forbidden; check that you may read it"):
        fetch("s3://a/b", tmp_path / "c")


@pytest.mark.parametrize("length", [True, False])
def test_more_bytes_than_may_come_end_it(server: Server, tmp_path: Path, length: bool) -> None:  # noqa: FBT001
    server.length = length
    fetch(server.address(), tmp_path / "a", None, len(DATA))
    message = r"photos.zip: has more than 1,023,999 bytes; raise download.max_bytes"
    with pytest.raises(UserError, match=message):
        fetch(server.address(), tmp_path / "b", None, len(DATA) - 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert len(server.asked) == 1 or not length  # what says its length is not even asked for


def test_an_endless_answer_ends(server: Server, tmp_path: Path) -> None:
    server.length, server.data = False, DATA * 20
    with pytest.raises(UserError, match="has more than 5,000,000 bytes"):
        fetch(server.address(), tmp_path / "a", None, 5_000_000)


@pytest.mark.parametrize("sent", [0, 1000])
def test_a_silent_server_is_asked_again(
    server: Server, tmp_path: Path, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fetching.TIMEOUT, "sock_read", 0.2)
    server.silent = [sent]
    fetch(server.address(), tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == DATA
    server.silent = [sent] * 5
    with pytest.raises(UserError, match=r"cannot be fetched in 5 tries: .*[Tt]imeout.*; check the"):
        fetch(server.address(), tmp_path / "b")
    server.heard.set()


def test_a_silence_ends_after_a_minute() -> None:
    assert TIMEOUT == {"sock_connect": 30, "sock_read": 60}


SECRETS = ("annabel", "s3cr3t", "t0ken", "sign4ture")


def secret(server: Server, name: str = "photos.zip") -> str:
    place = f"127.0.0.1:{server.server_port}"
    return f"http://annabel:s3cr3t@{place}/{name}?token=t0ken&X-Amz-Signature=sign4ture#x"


@pytest.mark.parametrize("state", [401, 403, 404, 500])
def test_no_secret_of_an_address_is_told(
    server: Server, tmp_path: Path, state: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server.states = [state] * 9
    with pytest.raises(UserError, match=r"/photos.zip: cannot be fetched") as caught:
        fetch(secret(server), tmp_path / "a")
    told = str(caught.value) + "".join(capsys.readouterr())
    assert not [word for word in SECRETS if word in told]


@pytest.mark.parametrize(
    ("change", "most"),
    [({"port": 1}, 10**9), ({"host": "reprise.invalid"}, 10**9), ({}, 10), ({"scheme": "a"}, 10)],
)
def test_no_secret_is_told_of_an_address_that_leads_nowhere(
    server: Server, tmp_path: Path, change: dict[str, object], most: int
) -> None:
    address = secret(server)
    for part, old in {"port": server.server_port, "host": "127.0.0.1", "scheme": "http"}.items():
        address = address.replace(str(old), str(change.get(part, old)), 1)
    with pytest.raises(UserError) as caught:
        fetch(address, tmp_path / "a", None, most)
    assert not [word for word in SECRETS if word in str(caught.value)]


def test_no_secret_is_told_of_a_checksum_nor_on_the_way(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="its md5 is") as caught:
        fetch(secret(server), tmp_path / "a", f"md5:{'0' * 32}")
    told = str(caught.value) + "".join(capsys.readouterr())
    assert "fetch photos.zip" in told
    assert not [word for word in SECRETS if word in told]


def test_user_and_password_may_be_in_the_address(server: Server, tmp_path: Path) -> None:
    server.login = f"Basic {b64encode(b'annabel:s3cr3t').decode()}"
    fetch(secret(server), tmp_path / "a")
    assert server.logins == [server.login]


@pytest.mark.parametrize("named", [True, False])
def test_user_and_password_may_be_in_netrc(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named: bool,  # noqa: FBT001
) -> None:
    place = tmp_path / ("netrc" if named else ".netrc")
    place.write_text("machine 127.0.0.1 login annabel password s3cr3t\n")
    place.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    if named:
        monkeypatch.setenv("NETRC", str(place))
    else:
        monkeypatch.delenv("NETRC", raising=False)
    server.login = f"Basic {b64encode(b'annabel:s3cr3t').decode()}"
    fetch(server.address(), tmp_path / "a")
    assert server.logins == [server.login]


@pytest.fixture
def little_space() -> Iterator[None]:
    """Let no file grow beyond 500 kB: the nearest to a full disk that a process can have."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, old[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.mark.usefixtures("little_space")
def test_a_full_disk_is_one_message(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"photos.zip: cannot be stored as .*; free some space"):
        fetch(server.address(), tmp_path / "a")
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/a: cannot be written"):
        fetch(server.address(), tmp_path / "file" / "a")
