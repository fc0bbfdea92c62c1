"""The application: which address does what, and what needs the token."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reprise.serving import answering, homepage, inferring, open_inference
from reprise.serving.gate import Gate
from reprise.serving.refusal import RejectedError, answer, refuse
from reprise.serving.service import Serving
from reprise.serving.swapping import Swapper

Endpoint = Callable[[Request], Awaitable[Response]]
MODEL, VERSION = "/v2/models/{name}", "/v2/models/{name}/versions/{version}"
BEARER = "Bearer"


async def health(request: Request) -> Response:  # noqa: ARG001
    """Say that the server runs."""
    return answer({"alive": True})


async def ready(request: Request) -> Response:
    """Say whether to send more."""
    service: Serving = request.app.state.service
    if reason := service.unready():
        return answer({"ready": False, "error": reason}, 503, {"Retry-After": "1"})
    return answer({"ready": True, "version": service.deployed.version})


async def metrics(request: Request) -> Response:
    """Give what Prometheus asks for."""
    text = request.app.state.service.instruments.text()
    return Response(text, 200, {}, "text/plain; version=0.0.4; charset=utf-8")


OPEN: dict[str, Endpoint] = {  # to everybody, GET
    "/health": health,
    "/ready": ready,
    "/v2/health/live": open_inference.live,
    "/v2/health/ready": open_inference.ready,
}
ASKED: dict[str, Endpoint] = {  # with the token, GET
    "/model": answering.model,
    "/metrics": metrics,
    "/v2": open_inference.server,
    **dict.fromkeys((MODEL, VERSION), open_inference.model),
    **dict.fromkeys((f"{MODEL}/ready", f"{VERSION}/ready"), open_inference.ready),
}
SENT: dict[str, Endpoint] = {  # with the token, POST
    "/predict": answering.predict,
    **dict.fromkeys((f"{MODEL}/infer", f"{VERSION}/infer"), inferring.infer),
}


def build(service: Serving, swapper: Swapper) -> Starlette:
    """Return the application, which watches the model while it runs."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001
        watching = asyncio.create_task(swapper.watch())
        yield
        watching.cancel()

    token = service.settings.token
    routes = [Route(path, _passed(path, one, None)) for path, one in OPEN.items()]
    routes += [Route(path, _passed(path, one, token)) for path, one in ASKED.items()]
    routes += [
        Route(path, _passed(path, one, token), methods=["POST"]) for path, one in SENT.items()
    ]
    app = Starlette(
        routes=[*routes, *homepage.routes()],
        middleware=[Middleware(Gate, service=service)],
        exception_handlers={RejectedError: _refused, HTTPException: _unknown},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app


def _passed(path: str, endpoint: Endpoint, token: str | None) -> Endpoint:
    """Return an endpoint that tells the log its path, and asks for the token."""
    expected = (token or "").encode()

    async def passed(request: Request) -> Response:
        request.state.visit.path = path
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        given = given.strip(" ")  # RFC 9110, 11.4: one space or more
        same = hmac.compare_digest(given.encode("latin-1"), expected)  # takes as long for any other
        if token and not (same and scheme.lower() == BEARER.lower()):
            reason = "the token is missing or wrong; send `Authorization: Bearer TOKEN`"
            raise RejectedError(401, reason, {"WWW-Authenticate": BEARER})
        return await endpoint(request)

    return passed


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, RejectedError)  # noqa: S101 - as it is registered for these
    return refuse(error)


async def _unknown(request: Request, error: Exception) -> Response:
    """Answer for an unknown path or another method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - as it is registered for these
    what = "a picture" if request.url.path == "/predict" else "a request"
    allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
    remedy = f"POST {what}" if allowed == "POST" else f"send {allowed}"
    method = f"{request.method} is not possible here; {remedy}"
    reasons = {404: "there is nothing at this path; /openapi.json lists what there is", 405: method}
    reason = reasons.get(error.status_code, error.detail)
    return answer({"error": reason}, error.status_code, error.headers)
