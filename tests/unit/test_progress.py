import os
import sys
import termios
from typing import NoReturn

import pytest

from stages import progress as progress_module
from stages.progress import Lines, Progress


def work(progress: Progress) -> None:
    for figure in range(10):
        progress.advance(1)
        progress.note(f"loss {figure}")


def test_a_log_gets_lines_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("train", 10, "images") as progress:
        work(progress)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert all(character.isprintable() or character == "\n" for character in err)


def test_a_log_gets_no_line_before_anything_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("train", 10, "images") as progress:
        assert capsys.readouterr().err == ""
        work(progress)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_work_that_is_nothing_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("pack", None, "images"):
        pass
    assert capsys.readouterr().err.startswith("pack: 0.00 images")


def test_a_log_gets_a_line_after_each_interval(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "LOG_INTERVAL", 0)
    with Progress("train", 10, "images") as progress:
        work(progress)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("train:  10%")


def test_a_log_ends_with_the_count_and_the_latest_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress("train", 10, "images") as progress:
        work(progress)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("train: 100%")
    assert "10.0/10.0" in last
    assert "loss 9" in last


def drawn(monkeypatch: pytest.MonkeyPatch, columns: int) -> str:
    """Return what a terminal of that width is sent, up to the line behind the bar."""
    reader, writer = os.openpty()
    termios.tcsetwinsize(writer, (24, columns))
    with os.fdopen(writer, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Progress("train", 10, "images") as progress:
            work(progress)
        print("the end", file=terminal, flush=True)
        text = ""
        while "the end" not in text:
            text += os.read(reader, 1000).decode()
    os.close(reader)
    return text.partition("the end")[0]


def test_a_terminal_gets_a_bar_that_redraws(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *redrawn = drawn(monkeypatch, columns=80).strip("\r\n").split("\r")
    assert first.startswith("train:   0%|")
    assert redrawn[-1].startswith("train: 100%|")
    assert "loss 9" in redrawn[-1]


def test_a_terminal_without_a_width_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "train: 100% 10.0/10.0" in drawn(monkeypatch, columns=0)


def test_an_error_closes_the_bar_and_passes_through(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> NoReturn:
        with Progress("train", 10, "images") as progress:
            progress.advance(4)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert "4.00/10.0" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("written", "printed"),
    [("\rtrain: 5%  ", "train: 5%\n"), ("\r", ""), ("\n", ""), ("", ""), ("\x1b[A", "")],
)
def test_one_redraw_is_one_line(
    capsys: pytest.CaptureFixture[str], written: str, printed: str
) -> None:
    lines = Lines()
    lines.write("\rtrain: 0%")
    lines.write(written)
    lines.flush()
    assert capsys.readouterr().err == printed


def test_a_log_has_no_line_twice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "LOG_INTERVAL", 0)
    with Progress("features", 2, "images") as progress:
        progress.advance(1)
        progress.advance(1)
    assert [line[:14] for line in capsys.readouterr().err.splitlines()] == [
        "features:  50%", "features: 100%"
    ]  # fmt: skip


def test_what_another_bar_takes_is_not_in_the_rate(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(progress_module, "monotonic", lambda: now)
    with Progress("train", 10, "images") as outer:
        began = outer._bar.start_t
        with Progress("features", 5, "images") as inner:
            inner.advance(5)
            now = 30.0
        outer.advance(10)
        assert outer._bar.start_t == began + 30
    assert "features: 100%" in capsys.readouterr().err
