"""Damage to files, as a disk, an editor or a stranger may do it; the same for the same seed."""

import copy
import json
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

Json: TypeAlias = Any  # objects and arrays, which are changed in place
FACTOR = float(os.environ.get("FUZZ", "1"))  # `FUZZ=100 make test` tries longer
VALUES: list[object] = [
    None, True, 0, -1, 1, 2**31, 2**63, 10**29, -(10**400), 0.5, 1e308, float("nan"), float("inf"),
    "", "x", "nan", "\x1b[2J\n", "\ud800", "<script>", "9" * 5000, [], [[]], {}, [None], {"a": 1},
]  # fmt: skip


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Change bytes: turn bits, or cut, drop, repeat, blank or replace a stretch."""
    start = int(rng.integers(0, len(content) + 1))
    stop = min(len(content), start + int(2 ** rng.uniform(0, 8)))
    before, within, after = content[:start], content[start:stop], content[stop:]
    kinds = [
        lambda: _turned(content, rng),
        lambda: before,
        lambda: before + after,
        lambda: before + within + within + after,
        lambda: before + bytes(len(within)) + after,
        lambda: before + rng.bytes(len(within)) + after,
        lambda: before + rng.bytes(len(within)) + within + after,
        lambda: rng.bytes(int(rng.integers(0, 100))),
    ]
    return kinds[int(rng.integers(0, len(kinds)))]()


def _turned(content: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(content)
    for place in rng.integers(0, len(data), rng.integers(1, 9)):
        data[place] ^= 1 << int(rng.integers(0, 8))
    return bytes(data)


def otherwise(values: Json, rng: np.random.Generator) -> Json:
    """Return JSON of which one leaf or branch is another, is missing, or has one more beside it."""
    made = copy.deepcopy(values)
    places = list(_places(made))
    holder, key = places[int(rng.integers(0, len(places)))]
    value = VALUES[int(rng.integers(0, len(VALUES)))]
    kind = rng.integers(0, 4)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == 1:
        holder["unknown"] = value
    else:
        holder[key] = value
    return made


def _places(values: Json) -> Iterator[tuple[Json, Json]]:
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in list(pairs):
        yield values, key
        if isinstance(value, dict | list):
            yield from _places(value)


def rewritten(header: bytes, change: Callable[[Json], Json]) -> bytes:
    """Return a safetensors file whose header, JSON of JSON, is another."""
    size = int.from_bytes(header[:8], "little")
    said = json.loads(header[8 : 8 + size])
    text = json.dumps(change(said)).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + header[8 + size :]
