"""Keep out of what is published: paths of this machine, its name, tokens, logins in addresses."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from stages.address import HIDDEN, public, redacted
from stages.errors import UserError

SHORT = 4  # letters of what is hidden at least: shorter ones occur in other words


def private(params: Mapping[str, Mapping[str, Any]], token: str | None) -> dict[str, str]:
    """Return what is private of parameters and machine, with what stands for it."""
    found = {token: HIDDEN} if token else {}
    for text in _texts(params):
        if "://" in text and public(text) != text:
            found[text] = public(text)
        elif text.startswith(("/", "~")) or PureWindowsPath(text).is_absolute():
            name = PurePosixPath(text).name or HIDDEN
            found[text] = f"{HIDDEN}/{name}"
    for place in (Path.cwd(), Path.home()):
        found.setdefault(str(place), HIDDEN)
    known = {text: shown for text, shown in found.items() if len(text) >= SHORT}
    return dict(sorted(known.items(), key=lambda pair: -len(pair[0])))


def cleaned(content: bytes, hidden: Mapping[str, str]) -> bytes:
    """Return text without what is private."""
    text = content.decode("utf-8")
    for secret, shown in hidden.items():
        text = text.replace(secret, shown)
    return text.encode()


def without_logins(content: bytes) -> bytes:
    """Return text with every address in it as `public` shows it, and without this host's name."""
    text, name = redacted(content.decode("utf-8")), socket.gethostname()
    return (text.replace(name, HIDDEN) if len(name) >= SHORT else text).encode()


def require_clean(name: str, content: bytes, hidden: Mapping[str, str]) -> None:
    """Refuse a file whose bytes cannot be changed, and that holds what is private.

    Raises:
        UserError: it does.
    """
    for text, shown in hidden.items():
        if any(form.encode() in content for form in {text, json.dumps(text)[1:-1]}):
            raise UserError(
                f"{name}: holds a path, a token or an address of yours, which would be published "
                f"({shown}); name a place within this folder in params.yaml, such as "
                "models/source, and run `dvc repro`"
            )


def _texts(value: object) -> Iterator[str]:
    """Yield all texts of the parameters."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
