"""Damage to files, as a disk, an editor or a stranger may do it; the same for the same seed."""

import copy
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

FACTOR = float(os.environ.get("FUZZ", "1"))  # `FUZZ=100 make test` tries longer
VALUES: list[object] = [
    None, True, 0, -1, 1, 2**31, 2**63, 10**29, -(10**400), 0.5, 1e308, float("nan"), float("inf"),
    "", "x", "nan", "\x1b[2J\n", "\ud800", "<script>", "9" * 5000, [], [[]], {}, [None], {"a": 1},
]  # fmt: skip


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Change bytes: turn bits, cut, repeat, blank, swap or add some."""
    data = bytearray(content)
    start = int(rng.integers(0, len(data) + 1))
    stop = min(len(data), start + int(2 ** rng.uniform(0, 8)))
    kind = rng.integers(0, 8)
    if kind == 0 and data:
        for place in rng.integers(0, len(data), rng.integers(1, 9)):
            data[place] ^= 1 << int(rng.integers(0, 8))
    elif kind == 1:
        del data[start:]
    elif kind == 2:
        del data[start:stop]
    elif kind == 3:
        data[start:start] = data[start:stop]
    elif kind == 4:
        data[start:stop] = bytes(stop - start)
    elif kind == 5:
        data[start:stop] = rng.bytes(stop - start)
    elif kind == 6:
        data[start:start] = rng.bytes(stop - start)
    else:
        data = bytearray(rng.bytes(int(rng.integers(0, 100))))
    return bytes(data)


def otherwise(values: Any, rng: np.random.Generator) -> Any:
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


def _places(values: Any) -> Iterator[tuple[Any, Any]]:
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in list(pairs):
        yield values, key
        if isinstance(value, dict | list):
            yield from _places(value)


def rewritten(header: bytes, change: Callable[[Any], Any]) -> bytes:
    """Return a safetensors file whose header, JSON of JSON, is another."""
    size = int.from_bytes(header[:8], "little")
    said = json.loads(header[8 : 8 + size])
    text = json.dumps(change(said)).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + header[8 + size :]
