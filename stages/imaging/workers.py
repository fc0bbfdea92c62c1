"""Worker processes of the decoding, which end when the stage does, even if it is killed."""

import os
import signal
import warnings
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread


def begin() -> None:
    """Prepare a process: to be quiet, to leave Ctrl-C to the stage, and to end with it.

    A stage that is killed tells nobody. Its decoders would wait for work for ever, each holding the
    queue open for the others, and the fork server lives as long as one of them does.
    """
    calm()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stage = parent_process()
    if stage is not None:
        Thread(target=_end_after, args=(stage.sentinel,), daemon=True).start()


def calm() -> None:
    """Ignore what Pillow warns of: it has coped, or `decode` refuses the image."""
    warnings.filterwarnings("ignore", module="PIL")


def _end_after(sentinel: int) -> None:
    """End this process at once when the one behind the sentinel has ended."""
    wait([sentinel])
    os._exit(1)  # not sys.exit: this is not the main thread, which may be in the midst of an image
