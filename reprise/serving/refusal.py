"""Answers of the server: JSON, and refusals with their reason."""

import json
from collections.abc import Mapping

from starlette.responses import Response

from reprise.escaping import printable

LONGEST = 500  # letters of a reason: it may quote what the client has sent


class RejectedError(Exception):
    """A request that is not answered; the message is the reason, with the remedy."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(printable(reason[:LONGEST])[:LONGEST])
        self.status, self.headers = status, headers


def answer(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return JSON in ASCII, so that any text that was decoded can be encoded again."""
    return Response(json.dumps(content), status, headers, "application/json")


def refuse(error: RejectedError) -> Response:
    """Return the reason as every client gets it."""
    return answer({"error": str(error)}, error.status, error.headers)
