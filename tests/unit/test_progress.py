import os
import re
import sys
import termios
from collections.abc import Callable
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages import progress as progress_module
from stages.progress import Progress, say, step, wrapped


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
    assert capsys.readouterr().err.startswith("pack 0 images")


def test_a_log_gets_a_line_after_each_interval(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "LOG_INTERVAL", 0)
    with Progress("train", 10, "images") as progress:
        work(progress)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("train 1 of 10 images")
    assert re.search(r"train 10 of 10 images, loss 9, .*/s, in 0:00$", lines[-1])


def test_a_log_ends_with_the_count_and_the_latest_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress("train", 10, "images") as progress:
        work(progress)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("train 10 of 10 images, loss 9, ")
    assert re.search(r", in \d:\d\d$", last)


def seen(monkeypatch: pytest.MonkeyPatch, width: int, work: Callable[[], None]) -> str:
    """Return what a terminal of that many columns is sent."""
    reader, writer = os.openpty()
    termios.tcsetwinsize(writer, (24, width))
    with os.fdopen(writer, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        work()
        print("the end", file=terminal, flush=True)
        text = ""
        while "the end" not in text:
            text += os.read(reader, 1000).decode()
    os.close(reader)
    return text.partition("the end")[0]


def drawn(monkeypatch: pytest.MonkeyPatch, columns: int) -> str:
    """Return what a terminal of that width is sent of a bar."""

    def bar() -> None:
        with Progress("train", 10, "images") as progress:
            work(progress)

    return seen(monkeypatch, columns, bar)


def test_a_terminal_gets_a_bar_that_redraws(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *redrawn = drawn(monkeypatch, columns=80).strip("\r\n").split("\r")
    assert first == f"train 0 of 10 images |{'':30}|"
    assert redrawn[-1].startswith("train 10 of 10 images, loss 9, ")


def test_a_terminal_without_a_width_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "train 10 of 10 images, loss 9" in drawn(monkeypatch, columns=0)


def test_an_error_closes_the_bar_and_passes_through(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> NoReturn:
        with Progress("train", 10, "images") as progress:
            progress.advance(4)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert "4 of 10 images" in capsys.readouterr().err.splitlines()[-1]


def test_a_log_has_no_line_twice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "LOG_INTERVAL", 0)
    with Progress("features", 2, "images") as progress:
        progress.advance(1)
        progress.advance(1)
    lines = [line[:23] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["features 1 of 2 images,", "features 2 of 2 images,"]


def test_what_another_bar_takes_is_not_in_the_rate(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("tqdm.std.time", lambda: now)
    monkeypatch.setattr(progress_module, "LOG_INTERVAL", 0)
    with Progress("train", 10, "images") as outer:
        now = 1.0
        with Progress("features", 5, "images") as inner:
            inner.advance(5)
            now = 31.0
        now = 32.0
        outer.advance(10)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "features 5 of 5 images, 0.167 images/s, in 0:30",
        "train 10 of 10 images, 5 images/s, in 0:02",
    ]


def test_a_training_that_goes_on_counts_from_where_it_was(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("tqdm.std.time", lambda: now)
    with Progress("train", 100, "images") as progress:
        progress.resume(60)
        now = 12.0
        progress.advance(20)
    assert capsys.readouterr().err.splitlines() == [
        "train 80 of 100 images, 1.67 images/s, 0:12 left"
    ]


def test_a_rate_is_that_of_late(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("tqdm.std.time", lambda: now)
    with Progress("train", 10_000, "images") as progress:
        for _ in range(10):
            now += 10
            progress.advance(1)
        for _ in range(5):
            now += 10
            progress.advance(1000)
    *_, rate = re.findall(r"([\d.]+) images/s", capsys.readouterr().err)
    assert float(rate) > 80  # 100 of late, 33 of all


def test_more_than_all_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("predict", 10, "images") as progress:
        progress.advance(16)
    assert capsys.readouterr().err.startswith("predict 10 of 10 images")


def test_what_is_not_shown_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("train", 10, "images", shown=False) as progress, step("draw", shown=False):
        work(progress)
    assert capsys.readouterr() == ("", "")


def test_a_log_is_told_a_step_before_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    with step("convert to onnx"):
        assert capsys.readouterr().err == "convert to onnx\n"
    assert capsys.readouterr().err == ""


def test_a_terminal_is_told_a_step_and_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> None:
        with step("convert to onnx"):
            pass

    assert seen(monkeypatch, 80, work) == "\rconvert to onnx\rconvert to onnx, in 0:00\r\n"


def test_what_is_said_meanwhile_stands_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> None:
        with step("train"):
            say("it diverged", file=sys.stderr)

    said = "\rtrain\r     \rit diverged\r\n\rtrain, in 0:00\r\n"
    assert seen(monkeypatch, 20, work) == said


def test_a_bar_within_another_has_the_line_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> None:
        with step("outer"), step("inner"):
            pass

    said = "\router\r     \r\rinner\rinner, in 0:00\r\n\router, in 0:00\r\n"
    assert seen(monkeypatch, 80, work) == said


@given(st.text("ab -/", max_size=200), st.integers(20, 100))
def test_lines_wrap_between_words_and_lose_none(line: str, width: int) -> None:
    told = wrapped(line, width)
    assert told.split() == line.split()
    if not any(len(word) > width - 2 for word in line.split()):
        assert all(len(part) <= width for part in told.splitlines())


def test_a_log_gets_its_lines_unwrapped(capsys: pytest.CaptureFixture[str]) -> None:
    say("word " * 50, "another")
    assert capsys.readouterr().out == "word " * 50 + "\nanother\n"
