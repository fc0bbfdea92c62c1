"""Show progress: a bar with a rate on a terminal, lines in a log."""

import sys
from os import get_terminal_size
from types import TracebackType
from typing import Self

from tqdm import tqdm

LOG_INTERVAL = 10.0  # seconds between two lines in a log


class Progress:
    """Show progress on stderr; use it as a context manager.

    On a terminal it is a bar; elsewhere a line every `LOG_INTERVAL` seconds and one at the end, so
    that a log stays readable.
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

    def advance(self, count: int) -> None:
        """Count `count` more units as done."""
        self._bar.update(count)

    def note(self, text: str) -> None:
        """Show the latest figures behind the rate, from the next redraw on."""
        self._bar.set_postfix_str(text, refresh=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()


class Lines:
    """A text stream that turns the redraws of a bar into lines of a log."""

    def __init__(self) -> None:
        self._drawn = False

    def write(self, text: str) -> None:
        """Write one line for each redraw but the first, which says that nothing is done."""
        if line := text.strip("\r\n \x1b[A"):
            if self._drawn:
                print(line, file=sys.stderr)
            self._drawn = True

    def flush(self) -> None:
        """Flush stderr."""
        sys.stderr.flush()
