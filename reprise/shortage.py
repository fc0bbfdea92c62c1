"""Tell errors of the machine (memory, threads, open files, disk) from errors of the data."""

import errno
from collections.abc import Iterator
from typing import Literal

Resource = Literal["memory", "threads", "files", "disk"]
# In messages of errors for want of memory; torch has no type for those of the CPU.
MEMORY = (
    "out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory",
    "ALLOC_FAILED", "bad_alloc", "malloc of size", "realloc of size",
    "failed to map segment", "failed to allocate memory",
)  # fmt: skip
THREADS = (
    "can't start new thread", "failed to create thread", "pthread_create",
    "Failed to launch worker thread", "Resource temporarily unavailable",
)  # fmt: skip
OURS = ("stages.", "reprise.")
NUMBERS: dict[int | None, Resource] = {
    errno.ENOMEM: "memory",
    errno.EAGAIN: "threads",  # of a fork
    errno.EMFILE: "files",
    errno.ENFILE: "files",
    errno.ENOSPC: "disk",
    errno.EDQUOT: "disk",
}


def lacking(error: BaseException) -> Resource | None:
    """Return what the machine has run out of, by an error or its causes; None for other errors."""
    return next(filter(None, map(_one, _chain(error))), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one(error: BaseException) -> Resource | None:
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError) and error.errno in NUMBERS:
        return NUMBERS[error.errno]
    if type(error).__module__.startswith(OURS):  # their text may hold names of the data
        return None
    text = str(error)
    if any(sign.lower() in text.lower() for sign in MEMORY):
        return "memory"
    return "threads" if any(sign in text for sign in THREADS) else None
