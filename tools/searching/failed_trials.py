"""Trials that have failed, kept until it is known whether any can succeed."""

import threading
from collections.abc import Sequence
from pathlib import Path

from stages.errors import UserError
from tools.searching.ending import Ending
from tools.searching.study import Opened

FRUITLESS = 3  # trials that fail before any succeeds: all will


class FailedTrials:
    """The failed trials of this folder that the study was not told of."""

    def __init__(self, at: Opened) -> None:
        """Take the study."""
        self._at, self._lock = at, threading.Lock()
        self._kept = list[tuple[int, str]]()  # numbers and reasons

    def __contains__(self, number: int) -> bool:
        return number in dict(self._kept)

    def keep(self, number: int, found: Ending, log: Path) -> None:
        """Keep a failure; tell the study of it if another trial has succeeded.

        Raises:
            UserError: the first trials have all failed; the study is told of none.
        """
        with self._lock:
            self._kept.append((number, found.reason))
            if self._at.has_succeeded():
                self._tell()
            elif len(self._kept) >= FRUITLESS:
                raise UserError(
                    f"the first {len(self._kept)} trials failed, and none has succeeded; what the "
                    f"last did is in {log}; when the reason is mended, the same command tries them "
                    "again"
                )

    def tell(self) -> None:
        """Tell the study of all failures: a trial has succeeded."""
        with self._lock:
            self._tell()

    def tell_last(self, left: Sequence[int]) -> None:
        """Tell the study of all failures where nothing else is left."""
        with self._lock:
            if {*left} <= dict(self._kept).keys():
                self._tell()

    def _tell(self) -> None:
        for number, reason in self._kept:
            self._at.tell_failure(number, reason)
            self._at.claims.release(number)
        self._kept.clear()
