"""Text of the data, made safe for where it is shown: a name must never act as code."""


def printable(text: str) -> str:
    """Escape what would break a line, command a terminal, or cannot be seen or encoded.

    For names in messages, logs and tables for people: `a\\nb` is shown as `a\\\\nb`.
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
