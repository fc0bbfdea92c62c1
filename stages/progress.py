"""Say what is done while it is done: a bar with a rate on a terminal, lines in a log."""

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from os import get_terminal_size
from textwrap import fill
from time import monotonic
from types import TracebackType
from typing import Self, TextIO

from reprise.escaping import printable
from stages.status_line import Standing, columns, in_log, in_terminal

LOG_INTERVAL = 10.0  # seconds between two lines in a log
REDRAW_INTERVAL = 0.1  # seconds between two redraws on a terminal
WINDOW = 30.0  # seconds that a rate is of


class Progress:
    """Show progress on stderr; use it as a context manager.

    On a terminal it is a bar; elsewhere a line every `LOG_INTERVAL` seconds and one at the end, so
    that a log stays readable. The time of a bar that is opened meanwhile is that one's alone, and
    so is the line of the terminal.
    """

    def __init__(
        self, description: str, total: int | None, unit: str, *, shown: bool = True
    ) -> None:
        self.total, self._shown = total, shown
        self._standing = self._said = Standing(printable(description), unit, 0, total)
        self._before = self._drawn = 0  # units done before; columns on the terminal
        self._began = monotonic()
        self._next = self._began + (0.0 if width_of(sys.stderr) else LOG_INTERVAL)
        self._late = deque([(self._began, 0)])  # when how much was done

    def resume(self, done: int) -> None:
        """Count from `done` on: that was done by a process before this one."""
        self._standing = self._said = self._standing._replace(done=done)
        self._before, self._late = done, deque([(self._began, done)])

    def advance(self, count: int) -> None:
        """Count `count` more units as done."""
        done = self._standing.done + count
        most = done if self.total is None else self.total
        self._standing = self._standing._replace(done=min(done, most))
        if self._shown and monotonic() >= self._next:
            self._draw()

    def pass_over(self, seconds: float) -> None:
        """Take the seconds out of the rate."""
        self._began += seconds
        self._late = deque((when + seconds, done) for when, done in self._late)

    def note(self, *figures: str, heading: str = "", extra: str = "") -> None:
        """Show the latest figures, from the next redraw on; a heading stands for the count."""
        self._standing = self._standing._replace(figures=figures, heading=heading, extra=extra)

    def erase(self) -> None:
        """Empty the line on the terminal."""
        if self._drawn:
            print(f"\r{'':{self._drawn}}\r", end="", file=sys.stderr, flush=True)
        self._drawn = 0

    def __enter__(self) -> Self:
        for outer in _OPEN:
            outer.erase()
        _OPEN.append(self)
        if self._shown and width_of(sys.stderr):
            self._draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._standing = self._standing._replace(ended=True)
        if self._shown:
            self._draw()
        _OPEN.remove(self)
        for outer in _OPEN:
            outer.pass_over(monotonic() - self._began)

    def _draw(self) -> None:
        """Write the line again on a terminal; in a log, one that says more than the last."""
        width, standing = width_of(sys.stderr), self._measured()
        self._next = monotonic() + (REDRAW_INTERVAL if width else LOG_INTERVAL)
        if width:
            ink = "█" if (sys.stderr.encoding or "").lower().startswith("utf") else "#"
            line, end = in_terminal(standing, width - 1, ink), "\n" if standing.ended else ""
            rest = max(0, self._drawn - columns(line))  # of a longer line before
            print(f"\r{line}{'':{rest}}", end=end, file=sys.stderr)
            self._drawn = 0 if end else columns(line)
        elif self._says_more():
            print(in_log(standing), file=sys.stderr)
            self._said = self._standing
        sys.stderr.flush()

    def _says_more(self) -> bool:
        """Tell whether there is more to say than in the last line, or nothing was done at all."""
        said = self._said._replace(ended=self._standing.ended)
        return self._standing != said or not self._standing.done

    def _measured(self) -> Standing:
        """Return how far it is, with its times: the rate is that of late, at the end of all."""
        now, done = monotonic(), self._standing.done
        self._late.append((now, done))
        while len(self._late) > 2 and self._late[0][0] < now - WINDOW:
            self._late.popleft()
        start = (self._began, self._before) if self._standing.ended else self._late[0]
        passed = now - start[0]
        rate = (done - start[1]) / passed if passed > 0 else 0.0
        return self._standing._replace(seconds=now - self._began, rate=rate)


_OPEN = list[Progress]()


@contextmanager
def step(what: str, *, shown: bool = True) -> Iterator[None]:
    """Say what is done in the block, before it begins; on a terminal also how long it took."""
    if shown and not width_of(sys.stderr):
        print(what, file=sys.stderr, flush=True)
    with Progress(what, None, "", shown=shown and width_of(sys.stderr) > 0):
        yield


def say(*lines: str, file: TextIO | None = None) -> None:
    """Print lines, which wrap between words on a terminal, above the bar that is drawn."""
    for bar in _OPEN:
        bar.erase()
    width = width_of(file or sys.stdout)
    for line in lines:
        print(wrapped(line, width) if width else line, file=file, flush=True)


def wrapped(line: str, width: int) -> str:
    """Return a line that is too wide as several; a word stays whole."""
    if columns(line) <= width:
        return line
    return fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def width_of(stream: TextIO | None) -> int:
    """Return the columns of a terminal; 0 of a log, or where a terminal does not know its width."""
    if stream is None or not stream.isatty():
        return 0
    return get_terminal_size(stream.fileno()).columns
