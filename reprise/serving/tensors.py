"""Tensors of the Open Inference Protocol, as JSON and as binary data behind the JSON.

https://github.com/kserve/open-inference-protocol, `inference_rest.md`, and the binary tensor data
extension of Triton's `extension_binary_data.md`: a header tells where the JSON ends; behind it
stand the tensors, little-endian, in their order.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from reprise.serving.refusal import RejectedError

BINARY_SIZE = "binary_data_size"
ENCODED = "encoded"  # the input of pictures as files are
DEEPEST = 8  # dimensions of a tensor; ours have 4 at most
DATATYPES = {"float32": "FP32", "bool": "BOOL"}


class Given(NamedTuple):
    """A tensor as it came."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: list[Any] | memoryview  # of JSON, flat or nested; or little-endian bytes


def split(inputs: object, binary: memoryview) -> list[Given]:
    """Return the tensors of a request, each with its own part of the binary data.

    Raises:
        RejectedError: a key is missing or wrong, or there are too many or too few bytes.
    """
    if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
        raise RejectedError(400, '"inputs" must be a list of tensors')
    found, at = list[Given](), 0
    for one in inputs:
        size = parameters(one).get(BINARY_SIZE)
        if size is None:
            data = one.get("data")
        elif not _is_count(size) or at + size > len(binary):
            raise RejectedError(400, f"{BINARY_SIZE} is no number of the bytes that follow")
        else:
            data, at = binary[at : at + size], at + size
        found.append(_given(one, data))
    if at != len(binary):
        raise RejectedError(400, f"{len(binary) - at:,} bytes are behind the last tensor")
    return found


def parameters(of: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a request or a tensor, of which it need have none."""
    found = of.get("parameters")
    if found is not None and not isinstance(found, dict):
        raise RejectedError(400, '"parameters" must be an object')
    return found or {}


def switch(of: Mapping[str, Any], key: str, *, default: bool) -> bool:
    """Return a parameter of yes or no; a text such as "false" would count as yes."""
    found = parameters(of).get(key)
    if found is None:
        return default
    if found not in (0, 1) or not isinstance(found, int):  # True is 1
        raise RejectedError(400, f"{key} must be true or false")
    return bool(found)


def _given(one: Mapping[str, Any], data: object) -> Given:
    name, datatype, shape = one.get("name"), one.get("datatype"), one.get("shape")
    if not isinstance(name, str) or not isinstance(datatype, str):
        raise RejectedError(400, 'a tensor must have a "name" and a "datatype"')
    if not isinstance(shape, list) or len(shape) > DEEPEST or not all(map(_is_count, shape)):
        reason = f'"shape" of {name} must be a list of whole numbers, {DEEPEST} at most'
        raise RejectedError(400, reason)
    if not isinstance(data, list | memoryview):
        raise RejectedError(400, f'{name} has neither a list "data" nor {BINARY_SIZE}')
    return Given(name, datatype, tuple(shape), data)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40


def tell(name: str, values: np.ndarray, *, binary: bool) -> tuple[dict[str, Any], bytes]:
    """Return an output as JSON, and the bytes that stand behind it."""
    said = {"name": name, "datatype": DATATYPES[values.dtype.name], "shape": list(values.shape)}
    if not binary:
        return {**said, "data": values.ravel().tolist()}, b""
    data = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()
    return {**said, "parameters": {BINARY_SIZE: len(data)}}, data
