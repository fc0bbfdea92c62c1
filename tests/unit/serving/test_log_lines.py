"""The log: one line a request, and nothing of what is in it."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import MULTIPART, Running, form, png, ruled, served, wait_for

from reprise.serving import log_lines
from reprise.serving.log_lines import LOG
from reprise.serving.settings import LogFormat


@pytest.fixture(autouse=True)
def unlogged() -> Iterator[None]:
    yield
    for log in (LOG, logging.getLogger("uvicorn")):
        log.handlers, log.propagate = [], True
        log.setLevel(logging.NOTSET)


def asked(running: Running) -> None:
    running.post("/predict", form(("secret.png", png()), ("private.jpg", b"x")), MULTIPART)
    running.ask("GET", "/a%0Ab/" + "c" * 200)
    running.ask("GET", "/model")


def lines(capsys: pytest.CaptureFixture[str], count: int) -> list[str]:
    said = [""]

    def all_there() -> bool:
        said[0] += capsys.readouterr().err
        return said[0].count("\n") >= count

    wait_for(all_there)
    return said[0].splitlines()


def test_lines_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.start("text")
    with served(ruled(tmp_path)) as running:
        asked(running)
        version = running.service.deployed.version
        begun, one, two, three = lines(capsys, 4)
    assert f"serving model {version} at http://127.0.0.1:{running.port}" in begun
    assert "POST" in one
    assert "path=/predict status=200 images=2 ms=" in one
    assert one.endswith(f"model={version}")
    assert "path=/a\\nb/ccc" in two
    assert len(two) < 250
    assert "path=/model status=200" in three
    assert "secret" not in one
    assert "private" not in one


def test_lines_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.start("json")
    with served(ruled(tmp_path)) as running:
        asked(running)
        version = running.service.deployed.version
        _, one, two, _ = map(json.loads, lines(capsys, 4))
    assert one.pop("time").endswith("Z")
    assert one.pop("ms") > 0
    assert one == {
        "level": "INFO",
        "message": "request",
        "method": "POST",
        "path": "/predict",
        "status": 200,
        "images": 2,
        "model": version,
    }
    assert two["status"] == 404
    assert "secret" not in json.dumps(one)


@pytest.mark.parametrize("form_of", ["text", "json"])
def test_an_error_has_its_traceback_in_the_log(
    form_of: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    log_lines.start(form_of)
    try:
        int("a\nb")
    except ValueError:
        LOG.exception("it failed")
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.count("\n") == 1 if form_of == "json" else said.count("\n") > 3
