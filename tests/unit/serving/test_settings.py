"""The command line of the server."""

import os
from pathlib import Path

import pytest

from reprise.serving.secret import TOKEN
from reprise.serving.settings import Allowance, parse

SECRET = "0123456789abcdef"  # noqa: S105


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_defaults() -> None:
    found = parse([])
    assert found.model == Path("models/export/model.onnx")
    assert (found.name, found.host, found.port, found.token) == ("model", "127.0.0.1", 8000, None)
    assert (found.batch_size, found.limits, found.log_format) == (32, Allowance(), "text")
    assert 1 <= found.threads <= (os.cpu_count() or 1)


def test_a_model_may_be_of_a_revision() -> None:
    assert parse([]).revision is None
    assert parse(["--repo", "../mine", "--rev", "v1"]).revision == ("../mine", "v1")


def test_all_can_be_set() -> None:
    given = (
        "a/b.onnx --host ::1 --port 1 --batch-size 2 --queue 9 --max-bytes 5 --max-pixels 6 "
        "--max-images 7 --threads 8 --timeout 1.5 --drain 0 --log-format json --name x-1"
    )
    found = parse(given.split())
    assert found.limits == Allowance(5, 6, 7, 9, 1.5)
    assert (found.model, found.name, found.host, found.port) == (Path("a/b.onnx"), "x-1", "::1", 1)
    assert (found.batch_size, found.threads, found.drain, found.log_format) == (2, 8, 0, "json")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["a.pt"], "a.pt is for PyTorch"),
        (["--port", "65536"], "must be a whole number from 0 to 65,535, is '65536'"),
        (["--port", "²"], "must be a whole number"),
        (["--batch-size", "0"], "must be a whole number from 1"),
        (["--max-pixels", "99999999999"], "must be a whole number from 1 to 89,478,485"),
        (["--timeout", "0"], "must be 0.1 to 3,600 seconds, is '0'"),
        (["--timeout", "nan"], "must be 0.1 to 3,600 seconds"),
        (["--drain", "-1"], "must be 0 to 3,600 seconds"),
        (["--max-images", "9", "--queue", "8"], "--max-images 9 exceeds --queue 8"),
        (["a b.onnx"], "--name must be 1 to 100 of A-Z a-z 0-9 . _ -, not . or .., is 'a b'"),
        (["--name", "a/b"], "--name must be"),
        ([""], "MODEL '.' names no file; name a model.onnx"),
        (["--name", "."], "--name must be"),
        (["--name", ".."], "not . or .., is '..'"),
        (["--port", "9" * 5000], f"from 0 to 65,535, is '{'9' * 20}'"),
        (["--token-file", "."], "--token-file .: cannot be read: "),
        (["--repo", "a"], "--repo and --rev belong together"),
        (["--rev", "v1"], "--repo and --rev belong together"),
        (["--token-file", "none"], "--token-file none: cannot be read: No such file or directory"),
        (["--tok", "x"], "there is no option --tok; did you mean --token-file?"),
    ],
)
def test_mistakes_are_told(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reason in complaint(capsys, *arguments)


def test_a_token_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, SECRET)
    assert parse([]).token == SECRET
    path = tmp_path / "token"
    path.write_text(f"{SECRET[::-1]}\n", "utf-8")
    assert parse(["--token-file", str(path)]).token == SECRET[::-1]


@pytest.mark.parametrize("token", ["", "short", "with a space in it", "é" * 20])
def test_a_bad_token_is_told_but_not_shown(
    token: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    path.write_text(token, "utf-8")
    said = complaint(capsys, "--token-file", str(path))
    assert f"{path}: a token has 16 or more visible ASCII letters" in said
    assert not token or token not in said


def test_help_is_as_wide_as_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    said = capsys.readouterr().out
    assert "usage: reprise serve" in said
    assert max(map(len, said.splitlines())) <= 80
