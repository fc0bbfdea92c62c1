from collections.abc import Callable

import pytest

from reprise import output
from reprise.output import ERASE, ProgressLine

Count = Callable[[int, str], ProgressLine]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Return what counts pictures, 10 a second, where the streams named are terminals."""

    def run(pictures: int, terminals: str) -> ProgressLine:
        now = 100.0
        monkeypatch.setattr("sys.stderr.isatty", lambda: "stderr" in terminals)
        monkeypatch.setattr("sys.stdout.isatty", lambda: "stdout" in terminals)
        monkeypatch.setattr(output, "monotonic", lambda: now)
        made = ProgressLine()
        for _ in range(pictures):
            now += 0.1
            made.advance()
        return made

    return run


def test_a_terminal_is_redrawn_now_and_then(count: Count, capsys: Captured) -> None:
    count(9, "stderr")
    drawn = capsys.readouterr().err
    assert drawn == "".join(f"{ERASE}{done} images, 10 a second" for done in (3, 6, 9))


def test_the_line_is_erased_once(count: Count, capsys: Captured) -> None:
    made = count(1200, "stderr")
    assert capsys.readouterr().err.endswith("1,200 images, 10 a second")
    made.clear()
    made.clear()
    assert capsys.readouterr().err == ERASE


@pytest.mark.parametrize("terminals", ["", "stdout", "stdout and stderr"])
def test_a_log_stays_empty_and_so_does_a_terminal_that_shows_the_rows(
    terminals: str, count: Count, capsys: Captured
) -> None:
    count(100, terminals).clear()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["stderr", "stdout"])
def test_a_closed_stream_is_no_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"sys.{name}", None)
    made = ProgressLine()
    made.advance()
    made.clear()
