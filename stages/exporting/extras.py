"""Packages that one format needs, and that come with an extra of its name."""

from collections.abc import Iterator
from contextlib import contextmanager

from stages import installing
from stages.exporting.inference import UnsupportedError


@contextmanager
def installed(extra: str) -> Iterator[None]:
    """Say how to install a package that the block imports and does not find.

    Raises:
        UnsupportedError: it, or what it needs, is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise UnsupportedError(
            f"the package {error.name} is not installed; {installing.remedy(extra)}"
        ) from None
