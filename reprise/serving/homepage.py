"""The page to try the model, and the description of the interface."""

from functools import partial
from operator import attrgetter
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PAGE = Path(__file__).parents[1] / "demo" / "page"
TYPES = {  # a file with another suffix is not served
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
OPENAPI = Path(__file__).with_name("openapi.json")
SAFE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
PLAIN = b"This is a server of Reprise. POST a picture to /predict; /openapi.json says the rest.\n"


def routes() -> list[Route]:
    """Return a route for each file of the page; they are read once, so no path leads elsewhere."""
    found = {
        path.name: Response(path.read_bytes(), 200, SAFE, TYPES[path.suffix])
        for path in sorted(PAGE.glob("*"), key=attrgetter("name"))
        if path.suffix in TYPES
    }
    index = found.pop("index.html", Response(PLAIN, 200, SAFE, "text/plain"))
    found = {"": index, **found, "openapi.json": _openapi()}
    return [Route(f"/{name}", partial(_give, made)) for name, made in found.items()]


async def _give(made: Response, request: Request) -> Response:
    request.state.visit.path = request.url.path
    return made


def _openapi() -> Response:
    return Response(OPENAPI.read_bytes(), 200, SAFE, "application/json")
