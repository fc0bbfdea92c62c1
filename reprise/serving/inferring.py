"""POST /v2/models/NAME/infer: tensors in, tensors out."""

import asyncio
import json
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from reprise.directory import Failure, Source
from reprise.escaping import printable
from reprise.inputs import Loaded
from reprise.metadata import Metadata
from reprise.model import Answers
from reprise.serving import tensor_values, tensors
from reprise.serving.client_json import apart, loads
from reprise.serving.open_inference import named
from reprise.serving.refusal import RejectedError, answer
from reprise.serving.service import Serving
from reprise.serving.tensors import ENCODED, Given
from reprise.signature import DECISIONS, IMAGES, PROBABILITIES, outputs

LONGEST = 1000  # letters of an id, which the answer repeats
LENGTH = "Inference-Header-Content-Length"


class TensorRequest(NamedTuple):
    """A request, read."""

    given: Given
    wanted: list[tuple[str, bool]]  # outputs, and whether as binary data; empty: all that there are
    binary: bool  # of those that are not named
    said: dict[str, str]  # what the answer repeats


async def infer(request: Request) -> Response:
    """Answer images or encoded pictures with tensors."""
    named(request)
    service: Serving = request.app.state.service
    service.refuse_if_full()
    async with service.bodies.read(request) as body:
        asked = await apart(partial(read, length=request.headers.get(LENGTH)), body)
        count = asked.given.shape[0] if asked.given.shape else 0
        _limit(count, service.settings.limits.images)
        with service.admit(count):
            deployed = named(request)  # as it is now: the body may have taken its time
            request.state.visit.version = deployed.version
            wanted = _outputs(asked, deployed.model.metadata)
            pixels = await _pixels(service, deployed.model.metadata, asked.given)
            found = await asyncio.wrap_future(service.batcher.submit(deployed, pixels))
    request.state.visit.images = count
    service.instruments.images.labels("predicted").inc(count)
    said = {"model_name": deployed.name, "model_version": deployed.version, **asked.said}
    return _told(said, wanted, found)


def read(body: bytes, length: str | None) -> TensorRequest:
    """Read a request of JSON, or of JSON of `length` bytes and binary data.

    Raises:
        RejectedError: it is something else.
    """
    if length is not None and not (length.isascii() and length.isdecimal() and len(length) < 12):
        raise RejectedError(400, f"{LENGTH} is {length}, expected a number of bytes")
    at = len(body) if length is None else int(length)
    if at > len(body):
        raise RejectedError(400, f"{LENGTH} is {at:,}, the body has {len(body):,} bytes")
    head = loads(body[:at])
    if not isinstance(head, dict):
        raise RejectedError(400, "the JSON is no object")
    given = tensors.split(head.get("inputs"), memoryview(body)[at:])
    if [one.name for one in given] not in ([IMAGES], [ENCODED]):
        names = ", ".join(one.name for one in given)
        raise RejectedError(
            400, f"the inputs are {names or 'none'}, expected {IMAGES} or {ENCODED}"
        )
    said = {"id": head["id"]} if isinstance(head.get("id"), str) else {}
    if len(said.get("id", "")) > LONGEST:
        raise RejectedError(400, f'"id" has more than {LONGEST:,} letters')
    binary = tensors.switch(head, "binary_data_output", default=False)
    return TensorRequest(given[0], _wanted(head.get("outputs"), binary), binary, said)


def _wanted(listed: object, default: bool) -> list[tuple[str, bool]]:  # noqa: FBT001
    """Return names and form of the outputs that are asked for."""
    listed = [] if listed is None else listed
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise RejectedError(400, '"outputs" must be a list of objects')
    found = dict[str, bool]()
    for one in listed:
        name = one.get("name")
        if not isinstance(name, str):
            raise RejectedError(400, 'an output must have a "name"')
        if name in found:  # each would make the answer longer, by the same values
            raise RejectedError(400, f"the output {name[:40]} is asked for twice")
        if tensors.parameters(one).get("classification"):
            raise RejectedError(400, "classification is not offered; GET /model names the classes")
        found[name] = tensors.switch(one, "binary_data", default=default)
    return list(found.items())


def _limit(count: int, most: int) -> None:
    if count < 1:
        raise RejectedError(400, "the request has no picture")
    if count > most:
        raise RejectedError(413, f"the request has {count:,} pictures, the limit is {most:,}")


def _outputs(asked: TensorRequest, card: Metadata) -> list[tuple[str, bool]]:
    there = outputs(card)
    if strange := [name for name, _ in asked.wanted if name not in there]:
        raise RejectedError(400, f"there is no output {strange[0]}, only {', '.join(there)}")
    return asked.wanted or [(name, asked.binary) for name in there]


async def _pixels(service: Serving, card: Metadata, given: Given) -> np.ndarray:
    if given.name == IMAGES:
        return tensor_values.pixels(given, card.spec[:3])
    sources = [Source("", data) for data in tensor_values.encoded(given)]
    loaded = await service.decoder.load(sources, card.spec)
    for at, one in enumerate(loaded):
        if isinstance(one, Failure):
            raise RejectedError(422, f"{ENCODED}[{at}]: {printable(one.reason)}")
    return np.stack([one.pixels for one in loaded if isinstance(one, Loaded)])


def _told(said: dict[str, Any], wanted: list[tuple[str, bool]], found: Answers) -> Response:
    values = {PROBABILITIES: found.probabilities}
    values |= dict(zip(DECISIONS, (found.answered, found.sets, found.ood), strict=True))
    parts = [tensors.tell(name, values[name], binary=binary) for name, binary in wanted]
    content = {**said, "outputs": [told for told, _ in parts]}
    if not any(binary for _, binary in wanted):
        return answer(content)
    head = json.dumps(content).encode()
    data = b"".join([head, *(data for _, data in parts)])
    return Response(data, 200, {LENGTH: str(len(head))}, "application/octet-stream")
