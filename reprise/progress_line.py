"""Progress on standard error: a bar or a count, or in a log a line now and then."""

import sys
from shutil import get_terminal_size
from time import monotonic

from reprise.counting import counted

INTERVAL, LOG_INTERVAL = 0.2, 10.0  # seconds between two updates on a terminal, and in a log
ERASE = "\r\x1b[K"  # the line of the terminal
CELLS = 20  # of a bar
MINUTE = 60


class ProgressLine:
    """Counts pictures: with a bar where it is known how many there are.

    A terminal that shows the rows, too, tells by these how far it is; `amid_rows` shows the line
    there as well, below them: `clear` before each.
    """

    def __init__(
        self, total: int | None = None, *, beside_rows: bool = True, amid_rows: bool = False
    ) -> None:
        err, out = sys.stderr, sys.stdout  # None where closed
        rows = bool(beside_rows and out and out.isatty())
        self._on_terminal = bool(err and err.isatty())
        self._shows = bool(err) and (amid_rows or not rows or not self._on_terminal)
        self._interval = INTERVAL if self._on_terminal else LOG_INTERVAL
        self._began = self._drawn = monotonic()
        self._count, self._total, self._visible = 0, total, False

    def advance(self) -> None:
        """Count one more picture."""
        self._count += 1
        now = monotonic()
        if not self._shows or now - self._drawn <= self._interval:
            return
        self._drawn = now
        line = self._line(self._count / (now - self._began))
        if not self._on_terminal:
            print(line, file=sys.stderr, flush=True)
            return
        cut = line[: get_terminal_size().columns - 1]
        print(f"{ERASE}{cut}", end="", file=sys.stderr, flush=True)
        self._visible = True

    def clear(self) -> None:
        """Erase the line, so that something else can be printed in its place."""
        if self._visible:
            print(ERASE, end="", file=sys.stderr, flush=True)
            self._visible = False

    def _line(self, rate: float) -> str:
        pace = f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
        if self._total is None or self._count > self._total:
            return f"{counted(self._count, 'picture')}, {pace} a second"
        done = round(CELLS * self._count / self._total)
        bar = f"{'█' * done}{'░' * (CELLS - done)}  " if self._on_terminal else ""
        left = _duration((self._total - self._count) / rate)
        whole = counted(self._total, "picture")
        return f"{bar}{self._count:,} of {whole}, {pace} a second, {left} left"


def _duration(seconds: float) -> str:
    """Return a time as minutes and seconds, or as hours and minutes."""
    minutes, rest = divmod(round(seconds), MINUTE)
    if minutes < MINUTE:
        return f"{minutes}:{rest:02} min"
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours:,}:{minutes:02} h"
