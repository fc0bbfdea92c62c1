"""Regular expressions on texts of a data set, such as the paths of its images.

RE2 matches them, which pyarrow carries: in linear time, whatever the expression and the texts,
where Python's own may take for ever. It has no look-around and no backreferences.
"""

import pyarrow as pa
import pyarrow.compute as pc

FIRST = r"\1"  # the first capture group


def flaw(pattern: str) -> str:
    """Say what is wrong with a regular expression; nothing if it can be used."""
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except (pa.ArrowInvalid, UnicodeError) as error:
        return str(error).removeprefix("Invalid regular expression: ")
    try:
        pc.match_substring_regex(pa.array([""]), f"({pattern})")
    except pa.ArrowInvalid:
        return r"it does not end, as with \Q and no \E"
    return ""


def captured(texts: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Return what the first capture group takes of each text, or the whole match without a group.

    It is null where a text does not match, and where the group takes nothing.
    """
    found = first_group(texts, pattern if has_group(pattern) else f"({pattern})")
    return pc.if_else(pc.not_equal(found, ""), found, None)


def first_group(texts: pa.Array | pa.ChunkedArray, pattern: str) -> pa.Array | pa.ChunkedArray:
    """Return what the first capture group takes of each text; null where a text does not match.

    Raises:
        ArrowInvalid: it is no regular expression, or has no group.
    """
    # The first match, and all around it, is replaced by the group.
    whole = rf"(?s:\A.*?)(?:{pattern})(?s:.*\z)"
    found = pc.replace_substring_regex(texts, whole, FIRST, max_replacements=1)
    return pc.if_else(pc.match_substring_regex(texts, pattern), found, None)


def has_group(pattern: str) -> bool:
    """Return whether a pattern has a capture group: RE2 refuses to put in one that is not there."""
    try:
        pc.replace_substring_regex(pa.array([""]), pattern, FIRST)
    except pa.ArrowInvalid:
        return False
    return True
