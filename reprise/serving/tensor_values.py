"""The values of a tensor of a request: pixels, or pictures as files are.

A client may send far more than the shape says, so that nothing is made before it is counted.
"""

from collections.abc import Sequence
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from reprise.serving.client_json import decoded
from reprise.serving.refusal import RejectedError
from reprise.serving.tensors import Given


def pixels(given: Given, expected: Sequence[int]) -> np.ndarray:
    """Return images uint8 [N, H, W, C]; `expected` are H, W and C.

    Raises:
        RejectedError: type, shape or data are others.
    """
    wanted = f"UINT8 [N, {', '.join(map(str, expected))}]"
    if given.datatype != "UINT8" or len(given.shape) != 4 or given.shape[1:] != tuple(expected):
        raise RejectedError(400, f"{given.name} is {_said(given)}, expected {wanted}")
    if isinstance(given.data, memoryview):
        flat = np.frombuffer(given.data, np.uint8)
    else:
        flat = _numbers(given)
    if flat.size != prod(given.shape):
        raise RejectedError(400, f"{given.name} has {flat.size:,} values, not {_said(given)}")
    return flat.reshape(given.shape)


def _said(given: Given) -> str:
    return f"{given.datatype} {list(given.shape)}"


def _numbers(given: Given) -> np.ndarray:
    """Return uint8 of JSON's values; NumPy would make each as wide as the longest text."""
    _few(given, len(given.data))
    values = list[Any](given.data)
    for _ in given.shape:
        if list not in set(map(type, values)):
            break
        if not all(isinstance(row, list) and len(row) == len(values[0]) for row in values):
            raise RejectedError(400, f"{given.name}: the lists have different lengths")
        _few(given, len(values) * len(values[0]))
        values = list(chain.from_iterable(values))
    whole = set(map(type, values)) <= {int}  # a boolean is none here
    if not whole or (values and not 0 <= min(values) <= max(values) <= 255):
        raise RejectedError(400, f"{given.name} must hold whole numbers from 0 to 255")
    return np.frombuffer(bytes(values), np.uint8)


def _few(given: Given, count: int) -> None:
    """Refuse more values than the shape has, before they are looked at."""
    if count > prod(given.shape):
        raise RejectedError(400, f"{given.name} has {count:,} values or more, not {_said(given)}")


def encoded(given: Given) -> list[bytes]:
    """Return the pictures of a tensor BYTES [N]: base64 in JSON, else a length before each.

    Raises:
        RejectedError: type, shape or data are others.
    """
    if given.datatype != "BYTES" or len(given.shape) != 1:
        raise RejectedError(400, f"{given.name} is {_said(given)}, expected BYTES [N]")
    if isinstance(given.data, memoryview):
        found = _elements(given, given.data)
    else:
        _few(given, len(given.data))
        found = [decoded(one, f"{given.name}[{at}]") for at, one in enumerate(given.data)]
    if len(found) != given.shape[0]:
        raise RejectedError(
            400, f"{given.name} has {len(found):,} values, its shape {_said(given)}"
        )
    return found


def _elements(given: Given, data: memoryview) -> list[bytes]:
    found, at = list[bytes](), 0
    while at < len(data):
        _few(given, len(found) + 1)  # of four bytes each, there may be millions
        size = int.from_bytes(data[at : at + 4], "little")
        if at + 4 + size > len(data):
            raise RejectedError(400, f"{given.name}: a length is more than the bytes that follow")
        found.append(bytes(data[at + 4 : at + 4 + size]))
        at += 4 + size
    return found
