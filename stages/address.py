"""Show addresses without what may be secret: user and password, query and fragment."""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from reprise.escaping import printable

WEB = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]*[^\s'\"<>;:,.)]")  # within a sentence
# `user:password@`, also where the password holds a slash or an @; `host:443/...@` is none.
LOGIN = re.compile(r"([^/:?#]*)(?::((?!\d+(?:[/?#]|$)).*?))?@(?![^@/?#]*@)", re.DOTALL)
HIDDEN = "***"
SHORT = 4  # letters of a secret at least: shorter ones occur in other words


class _Parts(NamedTuple):
    scheme: str
    login: tuple[str, ...]  # user and password
    place: str  # host and path
    query: str


def public(address: str) -> str:
    """Return scheme, host and path of an address; a local path as it is."""
    if "://" not in address:
        return printable(address)
    parts = _parts(address)
    return printable(f"{parts.scheme}://{parts.place}")


def redacted(text: str) -> str:
    """Return text with every address in it as `public` returns it."""
    return WEB.sub(lambda match: public(match[0]), text)


def scrubbed(text: str, address: str) -> str:
    """Return the message of a library without the secrets of the address, quoted or not."""
    safe = redacted(text)
    for secret in sorted(_secrets(address), key=lambda text: (-len(text), text)):
        safe = safe.replace(secret, HIDDEN)
    return printable(safe)


def joined(folder: str, name: str) -> str:
    """Return the address of a file in a folder; the query of the folder stays at the end."""
    if "://" not in folder:
        return f"{folder.rstrip('/')}/{name}"
    parts = urlsplit(folder)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def _parts(address: str) -> _Parts:
    """Split an address; urlsplit refuses some that people type."""
    scheme, _, rest = address.partition("://")
    login = LOGIN.match(rest)
    rest = rest[login.end() :] if login else rest
    place, *query = re.split("[?#]", rest, maxsplit=1)
    words = tuple(filter(None, login.groups())) if login else ()
    return _Parts(scheme, words, place, "".join(query))


def _secrets(address: str) -> set[str]:
    """Return what may be secret, as it is written, decoded and percent-encoded."""
    parts = _parts(address)
    values = re.split("[&;#]", parts.query)
    found = {*parts.login, *values, *(value.partition("=")[2] for value in values)}
    return {
        text
        for part in found
        for text in (part, unquote(part), quote(part, safe=""))
        if len(text) >= SHORT
    }
