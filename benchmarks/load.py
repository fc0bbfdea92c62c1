"""Load on a server of this machine: requests of many kinds over connections that are kept."""

import asyncio
import json
import random
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

HOST = "127.0.0.1"
SHARES = {"good": 0.91, "broken": 0.05, "huge": 0.01, "slow": 0.02, "aborted": 0.01}
PAUSE = 0.05  # seconds between the ten parts of a slow body
LONGEST = 60.0  # seconds that an answer may take, before it counts as lost


class Ask(NamedTuple):
    """What is sent."""

    kind: str
    path: str
    body: bytes
    type: str = "application/json"

    def head(self) -> bytes:
        """Return the header."""
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {self.type}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        ).encode()


class Told(NamedTuple):
    """What became of a request; status 0: there was no answer."""

    kind: str
    status: int
    seconds: float


def good(picture: bytes, path: str) -> Ask:
    """Return a request with one picture, as JSON, which all servers here understand."""
    return Ask("good", path, json.dumps({"images": [b64encode(picture).decode()]}).encode())


def mixed(picture: bytes, path: str, count: int, most: int) -> list[Ask]:
    """Return requests of all kinds, in the same order every time; `most` bytes are allowed."""
    whole = good(picture, path)
    bad = [
        Ask("broken", path, picture[: len(picture) // 2], "image/png"),
        Ask("broken", path, whole.body[:-9]),
        Ask("broken", path, b'{"images": ["?"]}'),
        Ask("broken", path, b"text", "text/plain"),
    ]
    rng = random.Random(0)
    kinds = rng.choices([*SHARES], [*SHARES.values()], k=count)
    made = {
        "good": lambda: whole,
        "broken": lambda: rng.choice(bad),
        "huge": lambda: Ask("huge", path, bytes(most + 1), "image/png"),
        "slow": lambda: whole._replace(kind="slow"),
        "aborted": lambda: whole._replace(kind="aborted"),
    }
    return [made[kind]() for kind in kinds]


def run(port: int, asks: Sequence[Ask], connections: int, rate: float = 0) -> list[Told]:
    """Send requests over so many connections at once; `rate` bounds those of a second."""
    return asyncio.run(_run(port, asks, connections, rate))


async def _run(port: int, asks: Sequence[Ask], connections: int, rate: float) -> list[Told]:
    waiting, told = iter(asks), list[Told]()
    begin = time.perf_counter()

    async def client() -> None:
        stream: Stream | None = None
        for ask in waiting:
            if rate:
                await asyncio.sleep(max(0, begin + len(told) / rate - time.perf_counter()))
            started, status = time.perf_counter(), 0
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                async with asyncio.timeout(LONGEST):
                    stream = stream or await asyncio.open_connection(HOST, port)
                    status, kept = await _ask(stream, ask)
                    if not kept:
                        stream[1].close()
                        stream = None
            if not status and stream:
                stream[1].close()
                stream = None
            told.append(Told(ask.kind, status, time.perf_counter() - started))
        if stream:
            stream[1].close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return told


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _ask(stream: Stream, ask: Ask) -> tuple[int, bool]:
    """Send a request; return the status and whether the connection stays open."""
    reader, writer = stream
    writer.write(ask.head())
    if ask.kind == "aborted":
        writer.write(ask.body[: len(ask.body) // 2])
        return 0, False
    if ask.kind == "slow":
        step = len(ask.body) // 10 + 1
        for at in range(0, len(ask.body), step):
            writer.write(ask.body[at : at + step])
            await asyncio.sleep(PAUSE)
    else:
        with suppress(OSError):  # refused before it was sent
            writer.write(ask.body)
            if ask.kind != "huge":
                await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    await reader.readexactly(int(fields[b"content-length"]))
    return int(head.split()[1]), fields.get(b"connection") != b"close"


def summary(told: Sequence[Told], seconds: float) -> str:
    """Return throughput and percentiles of good requests, in milliseconds, and all statuses."""
    times = sorted(1000 * one.seconds for one in told if one.kind == "good")
    marks = ", ".join(f"{times[int(len(times) * p / 100)]:.1f}" for p in (50, 95, 99))
    counted = Counter(f"{one.kind} {one.status}" for one in told)
    rest = ", ".join(f"{kind}: {count}" for kind, count in sorted(counted.items()))
    return f"{len(told) / seconds:7.1f} requests/s, p50 p95 p99 {marks} ms; {rest}"


def lost(told: Sequence[Told]) -> int:
    """Return how many requests got no answer, or a 5xx."""
    return sum(one.kind != "aborted" and not 100 < one.status < 500 for one in told)
