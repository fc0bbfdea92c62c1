"""The command: how it starts, and how signals end it."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from running import HOST, Reply, asked, png, served, wait_for

from reprise.serving import serve, slow_clients
from reprise.serving.listening import GracefulServer, listen
from reprise.serving.log_lines import LOG
from reprise.serving.secret import TOKEN

pytest_plugins = ("server_fixtures",)

COMMAND = [sys.executable, "-m", "reprise.serving.serve"]


@pytest.fixture(autouse=True)
def unlogged() -> Iterator[None]:
    """Undo what the command does to the log of this process."""
    yield
    for log in (LOG, logging.getLogger("uvicorn")):
        log.handlers, log.propagate = [], True
        log.setLevel(logging.NOTSET)


class Process(NamedTuple):
    """The command, started."""

    process: "subprocess.Popen[str]"
    port: int
    log: list[str]  # its lines so far

    def ask(self, path: str) -> Reply:
        return asked(self.port, "GET", path, (None, {}))

    def end(self, *signals: int) -> int:
        for one in signals:
            self.process.send_signal(one)
            time.sleep(0.1)
        return self.process.wait(20)


@contextmanager
def command(model: Path, *options: str, **env: str) -> Iterator[Process]:
    """Start the command; it listens when this returns."""
    process = subprocess.Popen(
        [*COMMAND, str(model), "--port", "0", "--threads", "1", *options],
        stderr=subprocess.PIPE, text=True, env={**os.environ, **env},
    )  # fmt: skip
    assert process.stderr is not None
    log = list[str]()
    while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", "".join(log[-1:]))):
        log.append(process.stderr.readline())
        assert log[-1], f"it ended with {process.wait()}: {log}"
    rest = threading.Thread(target=log.extend, args=(process.stderr,))
    rest.start()
    try:
        yield Process(process, int(found[1]), log)
    finally:
        process.kill()
        process.wait()
        rest.join()
        process.stderr.close()


class Load:
    """Clients that ask again and again, on connections that they keep, until nobody listens."""

    def __init__(self, port: int, clients: int) -> None:
        self.statuses, self.lost, self._port = list[int](), list[str](), port
        self.threads = [threading.Thread(target=self._ask) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def _ask(self) -> None:
        body = png()
        while True:
            connection = HTTPConnection(HOST, self._port, timeout=20)
            try:
                connection.connect()
            except ConnectionError:  # nobody listens any more
                return
            try:
                closed = False
                while not closed:
                    connection.request("POST", "/predict", body, {"Content-Type": "image/png"})
                    answer = connection.getresponse()
                    answer.read()
                    self.statuses.append(answer.status)
                    closed = answer.getheader("connection") == "close"
            except Exception as error:  # noqa: BLE001 - an answer is missing
                self.lost.append(repr(error))
                return
            finally:
                connection.close()


def test_a_signal_under_load_loses_no_request(exported: Path) -> None:
    with command(exported, "--drain", "0.4", "--log-format", "json") as started:
        load = Load(started.port, 8)
        wait_for(lambda: len(load.statuses) > 100)
        started.process.send_signal(signal.SIGTERM)
        wait_for(lambda: started.ask("/ready").status == 503)
        assert started.process.wait(20) == 0
        for thread in load.threads:
            thread.join()
    assert not load.lost
    assert {*load.statuses} == {200}
    lines = [json.loads(line) for line in started.log]
    answered = [line for line in lines if line.get("path") == "/predict"]
    assert len(answered) == len(load.statuses)
    assert {line["images"] for line in answered} == {1}
    assert lines[-1]["message"] == "ended"


def test_ctrl_c_ends_it_without_waiting(exported: Path) -> None:
    with command(exported, "--drain", "60") as started:
        assert started.ask("/health").status == 200
        assert started.end(signal.SIGINT) == 0
    assert "serving model" in started.log[0]
    assert started.log[-1].endswith("ended\n")


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(second: int, exported: Path) -> None:
    with command(exported, "--drain", "60") as started:
        assert started.end(signal.SIGTERM, second) == 128 + second


@pytest.mark.parametrize("closed", [True, False])
def test_without_an_open_standard_error_it_ends_as_usual(
    closed: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = StringIO() if closed else None
    if stream:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(os, "_exit", sys.exit)
    ending: Any = SimpleNamespace(_service=SimpleNamespace(ending=True))
    with pytest.raises(SystemExit) as ended:
        GracefulServer.handle_exit(ending, signal.SIGTERM, None)
    assert ended.value.code == 143


def test_a_slow_request_is_waited_for(exported: Path) -> None:
    data = png()
    with command(exported, "--drain", "0") as started:
        connection = HTTPConnection(HOST, started.port, timeout=20)
        connection.putrequest("POST", "/predict")
        connection.putheader("Content-Length", str(len(data)))
        connection.endheaders()
        connection.send(data[:10])
        wait_for(lambda: "/health" in "".join(started.log) or started.ask("/health") is None)
        started.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        connection.send(data[10:])
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("connection")) == (200, "close")
        connection.close()
        assert started.process.wait(20) == 0


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal on this system")
@pytest.mark.parametrize("before", [0, 1])
def test_an_idle_connection_may_ask_once_more(
    before: int, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_clients, "GRACE", 20.0)  # of which nothing is waited for
    with served(exported) as running:
        kept = HTTPConnection(HOST, running.port, timeout=20)
        kept.connect()
        for _ in range(before):
            kept.request("GET", "/health")
            assert kept.getresponse().read()
        opened = running.server.server_state.connections
        wait_for(lambda: opened)
        running.server.leave(0.0)
        wait_for(lambda: all(getattr(one, "_leaving", False) for one in opened))
        kept.request("POST", "/predict", png(), {"Content-Type": "image/png"})
        answer = kept.getresponse()
        assert (answer.status, answer.getheader("connection")) == (200, "close")
        kept.close()


def test_hup_looks_for_a_new_model(exported: Path) -> None:
    with command(exported, **{TOKEN: "abcdefghijklmnop"}) as started:
        started.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "the model is the same" in "".join(started.log))
        assert started.ask("/model").status == 401
        assert started.ask("/health").status == 200


@pytest.mark.parametrize("host", [HOST, "no host"])
def test_an_address_that_cannot_be_used_is_told(
    host: str, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listen(HOST, 0) as taken:
        port = taken.getsockname()[1]
        assert serve.main([str(exported), "--host", host, "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"{host}:{port}: cannot listen there (" in said
    assert "while" not in said
    assert said.count("\n") == 1


def test_a_missing_model_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.main([str(tmp_path / "none.onnx"), "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert "none.onnx: is missing; name a model" in said
    assert said.count("\n") == 1


def test_everybody_may_use_it_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main([str(tmp_path / "none.onnx"), "--host", "0.0.0.0", "--port", "0"]) == 1  # noqa: S104
    assert "WARNING 0.0.0.0: everybody who reaches this address" in capsys.readouterr().err


def test_a_missing_package_is_told(exported: Path) -> None:
    code = (
        "import sys; sys.modules['uvicorn'] = None; from reprise.serving import serve; "
        f"sys.exit(serve.main([{str(exported)!r}]))"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr.startswith("the server needs uvicorn: `pip install starlette uvicorn ")
    assert len(found.stderr.splitlines()) == 1
