"""Signals: what they end is taken back first, and what must not be half done is not ended."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import NoReturn

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no second one


@contextmanager
def orderly() -> Iterator[None]:
    """Have a signal that ends the process raise SystemExit, as Ctrl-C raises KeyboardInterrupt."""
    if current_thread() is not main_thread():
        yield
        return
    former = {
        number: signal.signal(number, _leave)
        for name in NAMES
        if (number := getattr(signal, name, None)) and signal.getsignal(number) == signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have signals wait, also for commands that are run."""
    if sys.platform == "win32":  # it cannot have signals wait
        yield
        return
    held = {signal.SIGINT, *(getattr(signal, name) for name in NAMES)}
    former = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)  # as a shell reports it
