"""Clean YAML by its parsed values: folded, quoted or escaped, what is private is found in them."""

import json
from collections.abc import Iterable, Mapping

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.tokens import ScalarToken

from stages.errors import UserError
from tools.publishing import privacy


def cleaned(name: str, content: bytes, hidden: Mapping[str, str]) -> bytes:
    """Return YAML without what is private; all else stays to the byte, comments included.

    Raises:
        UserError: it is no YAML, or a value still holds what is private.
    """
    text, parts, end = content.decode("utf-8"), list[str](), 0
    scalars = _scalars(name, text)
    for scalar in scalars:
        start, before = scalar.start_mark.index, end
        end = scalar.end_mark.index
        # Between the scalars stand comments.
        parts.append(privacy.cleaned(text[before:start], hidden))
        parts.append(_written(text[start:end], scalar.value, hidden))
    whole = "".join([*parts, privacy.cleaned(text[end:], hidden)])
    _require_clean(name, whole, scalars, hidden)
    return whole.encode()


def _scalars(name: str, text: str) -> list[ScalarToken]:
    """Return keys and values in their order, with their places in the text.

    Raises:
        UserError: it is no YAML.
    """
    try:
        # In Python throughout: the scanner in C counts bytes.
        tokens = [*YAML(typ="safe", pure=True).scan(text)]
    except YAMLError as error:
        raise UserError(
            f"{name}: is not valid YAML; mend it by hand, or take it back by `git checkout {name}`"
        ) from error
    return [token for token in tokens if isinstance(token, ScalarToken)]


def _written(raw: str, value: str, hidden: Mapping[str, str]) -> str:
    """Return a scalar as it was written, or without what is private, on one line in quotes."""
    shown = privacy.cleaned(value, hidden)
    if shown == value and privacy.cleaned(raw, hidden) == raw:  # a comment may stand in a block's
        return raw
    quoted = "".join(
        letter if letter.isprintable() else f"\\U{ord(letter):08x}"
        for letter in json.dumps(shown, ensure_ascii=False)
    )
    return quoted + raw[len(raw.rstrip()) :]  # a block ends with its line


def _require_clean(
    name: str, whole: str, scalars: Iterable[ScalarToken], hidden: Mapping[str, str]
) -> None:
    """Refuse cleaned YAML that does not parse to the scalars as they were, cleaned.

    Raises:
        UserError: it does, or they are not clean.
    """
    wanted = [privacy.cleaned(scalar.value, hidden) for scalar in scalars]
    found = [scalar.value for scalar in _scalars(name, whole)]
    if found != wanted or any(privacy.cleaned(value, hidden) != value for value in found):
        raise privacy.refused(name, "in a value")
