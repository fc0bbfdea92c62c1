"""POST /predict and GET /model."""

import asyncio
from functools import partial
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from reprise.directory import Failure
from reprise.escaping import printable
from reprise.inputs import Loaded
from reprise.model import Answers
from reprise.occlusion import heat_map
from reprise.prediction import Prediction, hold, judge
from reprise.serving import uploads
from reprise.serving.deployment import Deployed
from reprise.serving.refusal import RejectedError, answer
from reprise.serving.service import Serving
from reprise.serving.uploads import PictureRequest
from reprise.signature import describe

EXPLAINED = 4  # pictures of a request: each heat map takes 200 predictions
CELLS = 14  # of a heat map, along a side


async def predict(request: Request) -> Response:
    """Answer the pictures of a request."""
    service: Serving = request.app.state.service
    service.refuse_if_full()  # before a body is read for nothing
    async with service.bodies.read(request) as body:
        asked = await uploads.parse(request, body, service.settings.limits.images)
        if asked.wanted.explain and len(asked.sources) > EXPLAINED:
            reason = f"heat maps are made of {EXPLAINED} pictures a request, not of more"
            raise RejectedError(413, reason)
        count = len(asked.sources)
        with service.admit(count, count if asked.wanted.explain else 0) as deployed:
            request.state.visit.version = deployed.version
            rows = await _rows(service, deployed, asked)
    found = sum("error" not in row for row in rows)
    request.state.visit.images = len(rows)
    service.instruments.images.labels("predicted").inc(found)
    service.instruments.images.labels("failed").inc(len(rows) - found)
    content = {"model": _named(deployed), "results": rows}
    if not found:
        content["error"] = "no picture could be read"
    return answer(content, 200 if found else 422)


async def _rows(
    service: Serving, deployed: Deployed, asked: PictureRequest
) -> list[dict[str, Any]]:
    """Return the result of each picture, in their order, as JSON has it."""
    card = deployed.model.metadata
    loaded = await service.decoder.load(asked.sources, card.spec)
    batch = [one for one in loaded if isinstance(one, Loaded)]
    if not batch:
        return [_failed(name, one) for name, one in zip(asked.names, loaded, strict=True)]
    submitted = service.batcher.submit(deployed, np.stack([one.pixels for one in batch]))
    answers = await asyncio.wrap_future(submitted)
    heat = await _heat(service, deployed, batch, answers) if asked.wanted.explain else []
    made = judge(batch, answers, card, asked.wanted.top)
    judged = (hold(one, asked.wanted.threshold) for one in made)
    warm = iter(heat)
    rows = []
    for name, one in zip(asked.names, loaded, strict=True):
        row = _failed(name, one) if isinstance(one, Failure) else told(name, next(judged))
        rows.append(row | {"heat_map": next(warm)} if heat and isinstance(one, Loaded) else row)
    return rows


async def _heat(
    service: Serving, deployed: Deployed, batch: list[Loaded], answers: Answers
) -> list[list[list[float]]]:
    """Return a heat map a picture: how much of its first class is lost where it is covered.

    The predictions that it takes wait in the queue as others do.
    """

    def ask(pixels: np.ndarray) -> Answers:
        return service.batcher.submit(deployed, pixels).result()

    loop, maps = asyncio.get_running_loop(), []
    for one, label in zip(batch, answers.probabilities.argmax(1).tolist(), strict=True):
        job = partial(heat_map, ask, one.pixels, label, CELLS)
        found = await loop.run_in_executor(service.explaining, job)
        maps.append(np.round(found.astype(float), 4).tolist())
    return maps


def told(name: str | None, found: Prediction) -> dict[str, Any]:
    """Return the result of a picture as JSON has it."""
    decision = found.decision
    return {
        "name": name,
        "answer": None if found.unknown else found.ranked[0][0],
        "predictions": [{"class": label, "probability": p} for label, p in found.ranked],
        "out_of_distribution": decision is not None and decision.ood,
        "set": decision.classes if decision else None,
    }


def _failed(name: str | None, found: Loaded | Failure) -> dict[str, Any]:
    assert isinstance(found, Failure)  # noqa: S101 - none of them was loaded
    return {"name": name, "error": printable(found.reason)}


def _named(deployed: Deployed) -> dict[str, str]:
    return {"name": deployed.name, "version": deployed.version}


async def model(request: Request) -> Response:
    """Tell of the model."""
    deployed: Deployed = request.app.state.service.deployed
    return answer(describe(deployed.model.metadata, **_named(deployed)))
