"""Show progress: a bar with a rate on a terminal, lines in a log."""

import sys
from os import get_terminal_size
from time import monotonic
from types import TracebackType
from typing import Self

from tqdm import tqdm

LOG_INTERVAL = 10.0  # seconds between two lines in a log


class Progress:
    """Show progress on stderr; use it as a context manager.

    On a terminal it is a bar; elsewhere a line every `LOG_INTERVAL` seconds and one at the end, so
    that a log stays readable. The time of a bar that is opened meanwhile is that one's alone.
    """

    def __init__(
        self, description: str, total: int | None, unit: str, *, shown: bool = True
    ) -> None:
        # Where a terminal does not know its width, a bar would be blank.
        terminal = sys.stderr.isatty() and get_terminal_size(sys.stderr.fileno()).columns > 0
        self._bar = tqdm(
            desc=description,
            disable=not shown,
            total=total,
            unit=f" {unit}",
            unit_scale=True,
            dynamic_ncols=terminal,
            ncols=None if terminal else 0,  # 0: figures without a bar
            mininterval=0.1 if terminal else LOG_INTERVAL,
            maxinterval=LOG_INTERVAL,
            miniters=1,
            file=sys.stderr if terminal else Lines(),
        )
        self._began = monotonic()

    def advance(self, count: int) -> None:
        """Count `count` more units as done."""
        self._bar.update(count)

    def pass_over(self, seconds: float) -> None:
        """Take the seconds out of the rate."""
        if not self._bar.disable:
            self._bar.start_t += seconds

    def note(self, text: str) -> None:
        """Show the latest figures behind the rate, from the next redraw on."""
        self._bar.set_postfix_str(text, refresh=False)

    def __enter__(self) -> Self:
        _OPEN.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
        _OPEN.remove(self)
        for outer in _OPEN:
            outer.pass_over(monotonic() - self._began)


_OPEN = list[Progress]()


class Lines:
    """A text stream that turns the redraws of a bar into lines of a log."""

    def __init__(self) -> None:
        self._latest: tuple[str, str] | None = None  # what was drawn last, without time and rate

    def write(self, text: str) -> None:
        """Write a line for each redraw that says more than the last; the first says nothing."""
        if line := text.strip("\r\n \x1b[A"):
            said = line.partition("[")[0], line.partition("/s")[2]
            if self._latest not in {None, said}:
                print(line, file=sys.stderr)
            self._latest = ("", "") if self._latest is None else said

    def flush(self) -> None:
        """Flush stderr."""
        sys.stderr.flush()
