"""Call a function that may never return, and wait for it for a while."""

import threading
from collections.abc import Callable


class Deadline:
    """Calls one function at a time, each in a thread that is left behind when it takes too long.

    The limits of a client are of the bytes that it waits for: a server that sends one a second
    holds it without end.
    """

    def __init__(self, seconds: float) -> None:
        """Take how long to wait."""
        self._seconds, self._at_work = seconds, threading.Thread()

    def call(self, do: Callable[[], None]) -> None:
        """Call a function.

        Raises:
            TimeoutError: it, or the one before, has not returned.
            Exception: what it raises.
        """
        failed = list[Exception]()

        def run() -> None:
            try:
                do()
            except Exception as error:  # noqa: BLE001 - it is raised below
                failed.append(error)

        if not self._at_work.is_alive():
            self._at_work = threading.Thread(target=run, daemon=True)
            self._at_work.start()
            self._at_work.join(self._seconds)
        if self._at_work.is_alive():
            raise TimeoutError(f"no whole answer within {self._seconds:.0f} s")
        if failed:
            raise failed[0]
