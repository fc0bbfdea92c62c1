"""Write a value of the command line as YAML, so that params.yaml reads it back as one value.

Numbers, `true`, `null`, quoted text and lists `[a, 2]` are what they are to YAML; all else is text.
"""

import json
import re
import unicodedata
from collections.abc import Iterator

from reprise.escaping import printable
from reprise.founding.parameter_lines import scalar
from reprise.founding.plumbing import FoundingError

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
WORD = re.compile(r"~|null|true|false", re.IGNORECASE)
TOKEN = re.compile(r"""\s*([\[\],]|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\[\],"'{}][^\[\],"{}]*)""")
SHAPES = "a number, true, null, text (in quotes, if it begins with a bracket or a quote) or a list"


def as_yaml(given: str) -> str:
    """Return the value as it stands in params.yaml.

    Raises:
        FoundingError: it is none, or more than one, or holds control characters.
    """
    text = given.strip()
    if not text:
        raise FoundingError('has no value; null for none, "" for empty text')
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
        raise FoundingError(f"{printable(text)}: has a control character or bytes, no UTF-8 text")
    if text[0] not in "[{\"'":
        return _plain(text)
    tokens = [*_tokens(text)]
    made = _value(tokens, text)
    if tokens:
        raise _unreadable(text)
    return made


def _plain(text: str) -> str:
    return text if NUMBER.fullmatch(text) or WORD.fullmatch(text) else scalar(text)


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found:
            raise _unreadable(text)
        yield found[1].strip()
        place = found.end()


def _value(tokens: list[str], text: str) -> str:
    """Take what a value begins with, and all of a list, and return it."""
    first = tokens.pop(0) if tokens else ","
    if first == "[":
        return _list(tokens, text)
    if first in {"]", ","}:
        raise _unreadable(text)
    if first[0] == '"':
        try:
            json.loads(first)
        except ValueError as error:
            raise _unreadable(text) from error
    return first if first[0] in "\"'" else _plain(first)


def _list(tokens: list[str], text: str) -> str:
    """Take the tokens of a list behind its bracket, and return it."""
    items = list[str]()
    while tokens[:1] != ["]"]:
        items.append(_value(tokens, text))
        if tokens[:1] == [","] and tokens[1:2] != ["]"]:
            tokens.pop(0)
        elif tokens[:1] != ["]"]:
            raise _unreadable(text)
    tokens.pop(0)
    return f"[{', '.join(items)}]"


def _unreadable(text: str) -> FoundingError:
    return FoundingError(f"{printable(text)}: is no one value; write {SHAPES}")
