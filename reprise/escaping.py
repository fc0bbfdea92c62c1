"""Escape text of the data where it is shown, so that no name acts as code.

One function for each medium. Files for programs (Parquet, JSON lines) keep the exact text.
"""

import json
import re

# The start of a formula in a spreadsheet, also in full-width letters. Where the comma is a decimal
# mark, a semicolon begins the next cell.
FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)  # the start of an HTML tag
BYTES = re.compile("([\udc80-\udcff]+)")  # that are no UTF-8, as surrogates
# Default_Ignorable_Code_Point of Unicode 16, the marks of interlinear notes, and the empty Braille.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$]")  # with a meaning in Markdown


def printable(text: str) -> str:
    r"""Escape what would break a line, control a terminal, or cannot be seen or encoded.

    For names in messages, logs, pages and tables for people: a line end is shown as `\n`.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, escaped, or of an empty message its type."""
    lines = (line.strip() for line in str(error).splitlines())
    return printable(next(filter(None, lines), type(error).__name__))


def cell(text: str) -> str:
    """Escape text for a CSV file: put an apostrophe before a formula, and take tags apart.

    DVC puts the cells of its plots into the script of a page, where a tag would end the script.
    """
    # Bytes that are no UTF-8 stay as they are.
    parts = BYTES.split(text)
    shown = "".join(part if BYTES.fullmatch(part) else printable(part) for part in parts)
    if not NUMBER.fullmatch(shown):
        shown = FORMULA.sub(r"\1'", shown)
    return TAG.sub(r"\\u003c", shown)


def script(values: object) -> str:
    """Return values as JSON that cannot end the script of a page in which it stands."""
    text = json.dumps(values)  # ASCII, so without U+2028 and U+2029, which end lines of scripts
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def markdown(text: str) -> str:
    """Escape text for any place within a line of Markdown: no tag, link, picture or emphasis."""
    return SPECIAL.sub(r"\\\g<0>", printable(text))


def code(text: str) -> str:
    """Return text as inline code of Markdown, between more backticks than it has in a row."""
    shown = printable(text)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    if not longest and shown == shown.strip():
        return f"`{shown}`"
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}"
