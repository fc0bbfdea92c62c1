"""Fetch pictures from addresses: http and https by the standard library, others by fsspec."""

import re
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from threading import Event
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit
from urllib.request import Request

from reprise.codecs.undecodable import UndecodableError
from reprise.sourcing import abandoning, limited, time_limit

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # two letters or more: C:// is a drive
PLACE = re.compile(r"[^:/?#]*://([^/?#]*)")  # of an address: user, password, host and port
RESERVED = "%/:?[]@!$&'()*+,;=~"  # means something in an address; % is of what is quoted already
WEB = {"http", "https"}
SILENCE, WHOLE = 30.0, 120.0  # seconds without a byte (of http), and for all of them


def is_address(name: str) -> bool:
    """Return whether a name is an address, and no path."""
    return ADDRESS.match(name) is not None


def public(address: str) -> str:
    """Return an address without user and password, as messages and results have it."""
    return address.replace(f"{login}@", "", 1) if (login := _login(address)) else address


def _login(address: str) -> str:
    found = PLACE.match(address)
    return found[1].rpartition("@")[0] if found else ""


def fetch(address: str) -> Callable[[], bytes]:
    """Return what fetches a picture; it raises UndecodableError where that fails."""
    return partial(_fetch, address)


def _fetch(address: str) -> bytes:
    login = _login(address)
    try:
        return limited.reading(partial(_get, address), "cannot be fetched")
    except UndecodableError as error:
        if login and login in str(error):  # some libraries repeat the address
            raise UndecodableError(str(error).replace(f"{login}@", "")) from None
        raise


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
    request = Request(encoded(public(address)), headers={"User-Agent": "reprise"})  # noqa: S310 - http or https
    if login := _login(address):
        sent = b64encode(unquote_to_bytes(login)).decode()
        request.add_unredirected_header("Authorization", f"Basic {sent}")  # not to others
    opener = time_limit.opener()
    with time_limit.within(WHOLE), opener.open(request, timeout=SILENCE) as answer:
        data, said = limited.read(answer.read), answer.headers.get("Content-Length")
    if said is not None and said != str(len(data)):
        raise UndecodableError(f"ended early: {len(data):,} bytes came of {said}")
    return data


def encoded(address: str) -> str:
    """Return an address in ASCII, as a browser sends it: %C3%BC for a letter, xn-- for a host.

    Raises:
        ValueError: it is no address, or its host cannot be one.
    """
    parts = urlsplit(address)
    place = parts.netloc
    if not place.isascii():
        host, port = re.fullmatch("(.*?)((?::[0-9]*)?)", place).groups()  # type: ignore[union-attr]
        place = host.encode("idna").decode() + port
    path, query = (quote(part, RESERVED, errors="surrogateescape") for part in parts[2:4])
    return urlunsplit((parts.scheme, place, path, query, ""))


def _by_fsspec(address: str, over: Event) -> bytes:
    """Read an address through fsspec, block by block, until the end or until `over` is set."""
    import fsspec  # noqa: PLC0415

    with fsspec.open(address, "rb") as file:
        return limited.read(lambda size: b"" if over.is_set() else file.read(size))
