"""Read JSON and base64 of clients, who may send anything."""

import asyncio
import binascii
import json
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from reprise.serving.refusal import RejectedError

SMALL = 2**17  # bytes: reading them takes less than a millisecond
NESTED = 10**6  # lists and objects: each takes 60 bytes in memory, and 2 in the body
QUOTES = 10**5  # of texts, likewise
VALUES = 2 * 10**6  # nobody else is served while they are read, which takes half a second
THREADS = ThreadPoolExecutor(2, "read")  # few: what they make may be ten times as large as bodies

Read = TypeVar("Read")


async def apart(read: Callable[[bytes], Read], body: bytes) -> Read:
    """Read a body; a large one in a thread, so that others need not wait for its end."""
    if len(body) <= SMALL:
        return read(body)
    return await asyncio.get_running_loop().run_in_executor(THREADS, read, body)


def loads(body: bytes) -> Any:  # noqa: ANN401  # what JSON holds
    """Read JSON of a client.

    Raises:
        RejectedError: it is none, or so nested that it takes too much memory.
    """
    many = {"lists": NESTED, "quotes": QUOTES, "values": VALUES}
    found = {"lists": body.count(b"[") + body.count(b"{"), "quotes": body.count(b'"')}
    for what, count in (found | {"values": body.count(b",")}).items():
        if count > many[what]:
            reason = f"the JSON has more than {many[what]:,} {what}; send binary data"
            raise RejectedError(413, reason)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, too, or a huge number
        raise RejectedError(400, f"the body is no JSON: {error}") from error


def decoded(text: object, name: str) -> bytes:
    """Return the bytes of a text in base64; a browser's `data:image/png;base64,` is passed over."""
    if not isinstance(text, str):
        raise RejectedError(400, f"{name} is no text in base64")
    try:
        return b64decode(
            text.partition(",")[2] if text.startswith("data:") else text, validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise RejectedError(400, f"{name} is no base64: {error}") from error
