"""Fetch pictures from addresses: http and https by the standard library, others by fsspec."""

import re
from collections.abc import Callable
from functools import partial
from threading import Event
from urllib.request import Request

from reprise.codecs.undecodable import UndecodableError
from reprise.sourcing import abandoning, limited, time_limit

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # two letters or more: C:// is a drive
WEB = {"http", "https"}
SILENCE, WHOLE = 30.0, 120.0  # seconds without a byte (of http), and for all of them


def is_address(name: str) -> bool:
    """Return whether a name is an address, and no path."""
    return ADDRESS.match(name) is not None


def fetch(address: str) -> Callable[[], bytes]:
    """Return what fetches a picture; it raises UndecodableError where that fails."""
    return partial(limited.reading, partial(_get, address), "cannot be fetched")


def _get(address: str) -> bytes:
    scheme = address.partition("://")[0].lower()
    if scheme in WEB:
        return _by_http(address)
    try:
        import fsspec  # noqa: F401, PLC0415 - the predictor does without
    except ModuleNotFoundError as error:
        raise UndecodableError(
            f"needs fsspec, and what speaks {scheme}: `pip install 'fsspec[{scheme}]'`"
        ) from error
    return abandoning.within(WHOLE, partial(_by_fsspec, address))


def _by_http(address: str) -> bytes:
    request = Request(address, headers={"User-Agent": "reprise"})  # noqa: S310 - http or https
    opener = time_limit.opener()
    with time_limit.within(WHOLE), opener.open(request, timeout=SILENCE) as answer:
        data, said = limited.read(answer.read), answer.headers.get("Content-Length")
    if said is not None and said != str(len(data)):
        raise UndecodableError(f"ended early: {len(data):,} bytes came of {said}")
    return data


def _by_fsspec(address: str, over: Event) -> bytes:
    """Read by blocks, which fsspec fetches as it needs them, until nobody waits."""
    import fsspec  # noqa: PLC0415

    with fsspec.open(address, "rb") as file:
        return limited.read(lambda size: b"" if over.is_set() else file.read(size))
