"""Keep out of what is published: paths of this machine, its name, tokens, logins in addresses."""

import json
import re
import socket
from collections.abc import Iterator, Mapping
from html import escape
from os.path import normpath
from pathlib import Path, PureWindowsPath
from typing import Any

from stages.address import HIDDEN, public, redacted
from stages.errors import UserError

LOCAL = re.compile(r"^(?:file|local)://", re.IGNORECASE)  # before a path of this machine
SHORT = 4  # letters of what is hidden at least: shorter ones occur in other words
# Here a path begins: `/data` is in `/data/x`, and not in `src/data`, `s3://a/data` or `</data>`.
START = r"(?<![\w.~*<-])"


def private(params: Mapping[str, Mapping[str, Any]], token: str | None) -> dict[str, str]:
    """Return what is private of parameters and machine, with what stands for it."""
    found = dict[str, str]()
    for text in _texts(params):
        if "://" in text and public(text) != text:
            found[text] = public(text)
        path = LOCAL.sub("", public(text) if "://" in text else text)
        if _is_path(path):
            found |= dict.fromkeys((path, normpath(path)), _last(path))  # DVC writes the latter
    found |= {str(place): HIDDEN for place in (Path.cwd(), Path.home())}
    found |= {token: HIDDEN} if token else {}
    known = {text: shown for text, shown in found.items() if len(text) >= SHORT}
    return dict(sorted(known.items(), key=lambda pair: -len(pair[0])))


def cleaned(text: str, hidden: Mapping[str, str]) -> str:
    """Return text without what is private, and with every address in it as `public` shows it."""
    for secret, shown in hidden.items():
        start = START if _is_path(secret) else ""
        for form, instead in dict(zip(_forms(secret), _forms(shown), strict=True)).items():
            text = re.sub(start + re.escape(form), instead.replace("\\", r"\\"), text)
    return _without_host(redacted(text))


def cleaned_values(value: object, hidden: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Return parameters with every text in them cleaned."""
    if isinstance(value, str):
        return cleaned(value, hidden)
    if isinstance(value, Mapping):
        return {key: cleaned_values(inner, hidden) for key, inner in value.items()}
    return [cleaned_values(each, hidden) for each in value] if isinstance(value, list) else value


def require_clean(name: str, content: bytes, hidden: Mapping[str, str]) -> None:
    """Refuse a file whose bytes cannot be changed, and that holds what is private.

    Raises:
        UserError: it does.
    """
    for text, shown in hidden.items():
        # Anywhere: before a text in a model stands its length, which may look like a letter.
        if any(form.encode() in content for form in _forms(text)):
            raise refused(name, shown)


def refused(name: str, shown: str) -> UserError:
    """Return the error that names the file, and what is private in it without saying it."""
    return UserError(
        f"{name}: holds a path, a token or an address of yours, which would be published "
        f"({shown}); name a place within this folder in params.yaml, such as "
        "models/source, and run `dvc repro`"
    )


def _forms(text: str) -> tuple[str, ...]:
    """Return a text as it stands in texts, in JSON, in a Markdown table of JSON, in HTML."""
    written = json.dumps(text)[1:-1]
    html = escape(text, quote=False)
    page = html.replace('"', "&#34;").replace("'", "&#39;")  # as Jinja writes it
    return text, written, written.replace("|", "\\|"), html, escape(text), page


def _is_path(text: str) -> bool:
    """Return whether a text is an absolute path, or one from a home folder."""
    return text.startswith(("/", "~")) or PureWindowsPath(text).is_absolute()


def _last(path: str) -> str:
    """Return the path with its last part only."""
    name = PureWindowsPath(path).name  # it knows both kinds of slashes
    return HIDDEN if name in {"", path} else f"{HIDDEN}/{name}"


def _without_host(text: str) -> str:
    """Return text in which no address, and no user@host, leads to this machine by its name."""
    full = socket.gethostname()
    names = sorted(filter(None, {full, full.partition(".")[0]}), key=len, reverse=True)
    if not names:
        return text
    either = "|".join(map(re.escape, names))
    host = rf"(?:(?<=://)|(?<=[\w.+*-]@))(?:{either})(?![\w-])"
    return re.sub(host, HIDDEN, text, flags=re.IGNORECASE)


def _texts(value: object) -> Iterator[str]:
    """Yield all texts of the parameters."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
