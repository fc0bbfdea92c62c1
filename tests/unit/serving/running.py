"""A real server on the loopback in a thread, and what asks it."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from linear import CARD, SPEC, export
from PIL import Image as Picture

from reprise import inputs
from reprise.directory import Source
from reprise.inputs import Loaded
from reprise.rule import Rule
from reprise.serving import listening, settings
from reprise.serving.deployment import ModelFile
from reprise.serving.listening import GracefulServer
from reprise.serving.service import Serving
from reprise.serving.swapping import Swapper

HOST = "127.0.0.1"
RULE = Rule(0.5, 0.1, None, "precision", 0.9, 0.1, None)
MULTIPART = "multipart/form-data; boundary=edge"


class Reply(NamedTuple):
    """An answer of a server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401  # what JSON holds
        """Return what the JSON holds."""
        return json.loads(self.body)


class Running(NamedTuple):
    """A server that runs."""

    port: int
    service: Serving
    swapper: Swapper
    server: GracefulServer

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request by a connection of its own."""
        return asked(self.port, method, path, (body, headers or {}))

    def post(self, path: str, body: object, kind: str = "image/png") -> Reply:
        """Send a body of a kind."""
        return self.ask("POST", path, body, {"Content-Type": kind})

    @contextmanager
    def raw(self) -> Iterator[socket.socket]:
        """Open a connection for bytes of any kind."""
        with socket.create_connection((HOST, self.port), timeout=20) as opened:
            yield opened


def asked(port: int, method: str, path: str, sent: tuple[Any, Mapping[str, str]]) -> Reply:
    connection = HTTPConnection(HOST, port, timeout=20)
    try:
        connection.request(method, path, sent[0], {**sent[1]})
        answer = connection.getresponse()
        lower = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, lower, answer.read())
    finally:
        connection.close()


@contextmanager
def served(model: Path, *options: str) -> Iterator[Running]:
    """Serve a model; end as SIGINT does."""
    given = settings.parse([str(model), "--port", "0", "--threads", "1", *options])
    origin = ModelFile(given.model, given.name, 1)
    seen = origin.seen()
    service = Serving(given, origin.load())
    with listening.listen(HOST, 0) as opened:
        port = opened.getsockname()[1]
        swapper = Swapper(origin, service, seen)
        server = GracefulServer(service, swapper)
        thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
        thread.start()
        wait_for(lambda: server.started)
        try:
            yield Running(port, service, swapper, server)
        finally:
            server.leave(0.0)
            thread.join()
            service.end()


def ruled(folder: Path) -> Path:
    """Return a model with a rule."""
    return export(folder / "model.onnx", CARD._replace(rule=RULE))


def limited(model: Path) -> AbstractContextManager[Running]:
    """Return a server with low limits."""
    limits = {"bytes": 200000, "pixels": 10000, "images": 5}
    options = (text for name, most in limits.items() for text in (f"--max-{name}", str(most)))
    return served(model, *options, "--queue", "40")


def wait_for(true: Any, seconds: float = 20) -> None:  # noqa: ANN401  # any function
    """Wait until a function returns true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it has not come true"
        time.sleep(0.01)


def pixels(seed: int, size: tuple[int, int] = (9, 8)) -> np.ndarray:
    """Return a picture of noise, uint8 [H, W, 3]."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def png(seed: int = 0, size: tuple[int, int] = (9, 8)) -> bytes:
    """Return an encoded picture of noise."""
    file = BytesIO()
    Picture.fromarray(pixels(seed, size)).save(file, "PNG")
    return file.getvalue()


def seen(data: bytes) -> np.ndarray:
    """Return a picture as the network sees it, uint8 [H, W, C]."""
    loaded = inputs.load(Source("", data), SPEC)
    assert isinstance(loaded, Loaded)
    return loaded.pixels


def form(*files: tuple[str | None, bytes]) -> bytes:
    """Return files as a form, byte for byte as their names say."""
    parts = []
    for name, data in files:
        said = "" if name is None else f'; filename="{name}"'
        head = f'--edge\r\nContent-Disposition: form-data; name="f"{said}\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return b"".join(parts) + b"--edge--\r\n"
