import errno
import os

import pytest

from reprise.codecs.undecodable import UndecodableError
from reprise.shortage import lacking


def caused(cause: BaseException) -> Exception:
    error = ValueError("cannot be decoded")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "resource"),
    [
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "memory"),
        (RuntimeError("std::bad_alloc"), "memory"),
        (RuntimeError("can't start new thread"), "threads"),
        (OSError("Failed to launch worker thread: Resource temporarily unavailable"), "threads"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "threads"),
        (OSError(errno.EMFILE, "Too many open files"), "files"),
        (OSError(errno.ENFILE, "Too many open files in system"), "files"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk"),
    ],
)
def test_what_has_run_out_is_told_by_the_error_or_by_its_cause(
    error: Exception, resource: str
) -> None:
    assert lacking(error) == resource
    assert lacking(caused(error)) == resource


@pytest.mark.parametrize(
    "error",
    [
        ValueError("odd"),
        RuntimeError(""),
        OSError(errno.ENOENT, "No such file or directory"),
        PermissionError(errno.EACCES, "Permission denied"),
        UndecodableError("out of memory.png: is no image"),  # a name, not a fact
    ],
)
def test_no_other_error_is_taken_for_a_want(error: Exception) -> None:
    assert lacking(error) is None
    assert lacking(caused(error)) is None


def test_errors_that_follow_from_each_other_in_a_circle_are_looked_at_once() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert lacking(one) is None
