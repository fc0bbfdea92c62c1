"""Say what is done while it is done: a bar with a rate on a terminal, lines in a log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from os import get_terminal_size
from textwrap import fill
from typing import Self, TextIO

from tqdm import tqdm

from reprise.escaping import printable
from stages.status_line import Standing, columns, in_log, in_terminal

LOG_INTERVAL = 10.0  # seconds between two lines in a log


class Progress(tqdm):  # type: ignore[type-arg] # that takes none when it runs
    """Show progress on stderr; use it as a context manager.

    On a terminal it is a bar; elsewhere a line every `LOG_INTERVAL` seconds and one at the end, so
    that a log stays readable. The time of a bar that is opened meanwhile is that one's alone, and
    so is the line of the terminal.
    """

    monitor_interval = 0  # no thread that corrects `miniters`, which stays 1

    def __init__(
        self, description: str, total: int | None, unit: str, *, shown: bool = True
    ) -> None:
        self._standing = self._said = Standing(printable(description), unit, 0, total)
        self._shown, terminal = shown, width_of(sys.stderr) > 0
        super().__init__(
            total=total,
            file=sys.stderr if shown and terminal else StringIO(),
            mininterval=0.1 if terminal else LOG_INTERVAL,
            miniters=1,
            smoothing=0.01 if terminal else 0.3,  # a rate of some ten seconds, or of 30
            position=0,
            delay=1,  # no bar before `with`
        )
        self.delay = 0

    def resume(self, done: int) -> None:
        """Count from `done` on: that was done by a process before this one."""
        self.n = self.last_print_n = self.initial = done
        self._said = self._said._replace(done=done)

    def advance(self, count: int) -> None:
        """Count `count` more units as done."""
        self.update(count if self.total is None else min(count, self.total - self.n))

    def pass_over(self, seconds: float) -> None:
        """Take the seconds out of the rate."""
        self.start_t += seconds
        self.last_print_t += seconds

    def note(self, *figures: str, heading: str = "", extra: str = "") -> None:
        """Show the latest figures, from the next redraw on; a heading stands for the count."""
        self._standing = self._standing._replace(figures=figures, heading=heading, extra=extra)

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Draw the line again on a terminal; in a log, print one that says more than the last."""
        now = self._standing._replace(done=int(self.n))
        if self._shown and width_of(sys.stderr):
            super().display(msg, pos)
        elif self._shown and not self._ends_soon(now) and (now != self._said or not now.done):
            print(in_log(self._measured()), file=sys.stderr, flush=True)
            self._said = now

    def _ends_soon(self, now: Standing) -> bool:
        """Tell whether all is done and the line at the end, which says how long it took, to come.

        It would not come after one that differs in that alone.
        """
        return now.done == now.total and not self.disable

    def __str__(self) -> str:
        """Return the line of a terminal."""
        return in_terminal(self._measured(), width_of(sys.stderr) - 1, "#" if self.ascii else "█")

    def _measured(self) -> Standing:
        """Return how far it is, with its times: the rate is that of late, at the end of all."""
        seconds, rate = self.format_dict["elapsed"], self.format_dict["rate"]
        if not rate:
            rate = (self.n - self.initial) / seconds if seconds > 0 else 0.0
        ended = bool(self.disable)  # as by `close`
        return self._standing._replace(done=int(self.n), seconds=seconds, rate=rate, ended=ended)

    def __enter__(self) -> Self:
        for outer in _OPEN:
            outer.clear()
        _OPEN.append(self)
        if width_of(sys.stderr):
            self.refresh()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        _OPEN.pop()
        for outer in _OPEN:
            outer.pass_over(self.format_dict["elapsed"])


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
        bar.clear()
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
