"""How far a long run has come: one line on a terminal that redraws itself, elsewhere nothing."""

import sys
from time import monotonic

INTERVAL = 0.2  # seconds between two redraws
ERASE = "\r\x1b[K"


class Progress:
    """Counts pictures on stderr, unless their rows run over the same terminal."""

    def __init__(self) -> None:
        err, out = sys.stderr, sys.stdout  # None where closed
        self._shows = bool(err and err.isatty() and not (out and out.isatty()))
        self._began = self._drawn = monotonic()
        self._count, self._visible = 0, False

    def advance(self) -> None:
        """Count one more picture."""
        self._count += 1
        now = monotonic()
        if self._shows and now - self._drawn > INTERVAL:
            rate = self._count / (now - self._began)
            line = f"{ERASE}{self._count:,} images, {rate:,.0f} a second"
            print(line, end="", file=sys.stderr, flush=True)
            self._drawn, self._visible = now, True

    def clear(self) -> None:
        """Make room for a line of something else."""
        if self._visible:
            print(ERASE, end="", file=sys.stderr, flush=True)
            self._visible = False
