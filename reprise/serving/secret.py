"""The token that clients must send, where one is set."""

import os
import re
from pathlib import Path

TOKEN = "REPRISE_TOKEN"  # noqa: S105 - the environment variable that may hold it
SHORTEST = 16  # letters: fewer are guessed


def read(path: Path | None) -> str | None:
    """Return the token of the file, else of the environment, else None.

    Raises:
        ValueError: it is too short, or cannot stand in a header; or the file cannot be read.
    """
    try:
        text = path.read_text("utf-8", "replace").strip() if path else os.environ.get(TOKEN)
    except OSError as error:
        reason = f"--token-file {path}: cannot be read: {error.strerror}; name a file with a token"
        raise ValueError(reason) from error
    if text is None:
        return None
    if len(text) < SHORTEST or not re.fullmatch(r"[!-~]+", text):
        raise ValueError(
            f"{path or TOKEN}: a token has {SHORTEST} or more visible ASCII letters, this one has "
            "not; make one with `openssl rand -hex 32`"
        )
    return text
