"""Wait no longer than so long for a library that knows no limit of time."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Thread

from reprise.codecs.undecodable import UndecodableError


def within(seconds: float, get: Callable[[Event], bytes]) -> bytes:
    """Run `get` in a thread, with a time limit; its event is set when the limit has passed.

    Raises:
        UndecodableError: it took longer. The thread is left alone: it ends when `get` looks at the
            event, when the library gives up, or with the process.
        Exception: what `get` raises.
    """
    done, over = Future[bytes](), Event()
    Thread(target=_run, args=(get, over, done), name="fetch", daemon=True).start()
    try:
        return done.result(seconds)
    except TimeoutError as error:
        if done.done():  # it is the library's own
            raise
        raise UndecodableError(f"did not come within {seconds:.0f} seconds") from error
    finally:
        over.set()


def _run(get: Callable[[Event], bytes], over: Event, done: "Future[bytes]") -> None:
    try:
        done.set_result(get(over))
    except BaseException as error:  # noqa: BLE001 - whoever waits gets it
        done.set_exception(error)
