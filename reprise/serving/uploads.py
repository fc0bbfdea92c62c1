"""The pictures of a request to /predict: raw bytes, a form with files, or JSON with base64."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from reprise.directory import Source
from reprise.serving import asked_for
from reprise.serving.asked_for import Wanted
from reprise.serving.client_json import SMALL, apart, decoded, loads
from reprise.serving.refusal import RejectedError
from reprise.serving.whole_form import WholeForm

FORM, JSON = "multipart/form-data", "application/json"
# What curl says of --data-binary is the second: a form in the style of an address has no picture.
RAW = ("application/octet-stream", "application/x-www-form-urlencoded", "image/", "")
FIELDS, FIELD = 10, 2**12  # of a form that are no files, and bytes of one
SPACE = 64  # bytes before a brace

Named = tuple[str | None, bytes]  # a picture, as the client calls it
Stated = tuple[list[Named], dict[str, Any]]  # pictures, and what else the body says


class PictureRequest(NamedTuple):
    """Pictures, and what to tell of them."""

    names: list[str | None]  # as the client calls them; no file here is ever opened by one
    sources: list[Source]
    wanted: Wanted


async def parse(request: Request, body: bytes, most: int) -> PictureRequest:
    """Return the pictures of a body, `most` at most, with what address and body ask of them.

    Raises:
        RejectedError: it has another form, or too many.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    stated: dict[str, Any] = {}
    if kind == FORM:
        pictures, stated = await _form(request.headers, body, most)
    elif kind == JSON:
        pictures, stated = await apart(_encoded, body)
    elif kind.startswith(RAW[2]) or kind in RAW:
        if body[:SPACE].lstrip().startswith(b"{"):  # as no picture does
            raise RejectedError(415, f"the body looks like JSON; send Content-Type: {JSON}")
        pictures = [(None, body)]
    else:
        reason = f"Content-Type is {kind}, expected image/*, {RAW[0]}, {FORM} or {JSON}"
        raise RejectedError(415, reason)
    if not pictures:
        raise RejectedError(400, "the request has no picture")
    if len(pictures) > most:
        raise _too_many(f"{len(pictures):,}", most)
    names = [name for name, _ in pictures]
    sources = [Source("", data) for _, data in pictures]
    return PictureRequest(names, sources, asked_for.read(dict(request.query_params) | stated))


async def _form(headers: Headers, body: bytes, most: int) -> Stated:
    """Return the files of a form, in their order, and its other fields."""
    if len(body) <= SMALL:
        return await _files(headers, body, most)
    # The parser has nothing to wait for, so that it can have a loop of its own in a thread.
    return await apart(lambda whole: asyncio.run(_files(headers, whole, most)), body)


async def _files(headers: Headers, body: bytes, most: int) -> Stated:

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = WholeForm(headers, stream(), max_files=most, max_fields=FIELDS, max_part_size=FIELD)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            raise _too_many("more", most) from error
        raise RejectedError(400, f"the form cannot be read: {error.message}") from error
    except (ValueError, KeyError) as error:
        raise RejectedError(
            400, "the form cannot be read: its boundary or a header is bad"
        ) from error
    files = [one for _, one in form.multi_items() if isinstance(one, UploadFile)]
    pictures: list[Named] = [(one.filename or None, await one.read()) for one in files]
    fields = {key: one for key, one in form.multi_items() if isinstance(one, str)}
    await form.close()
    return pictures, fields


def _encoded(body: bytes) -> Stated:
    values = loads(body)
    if isinstance(values, dict):
        values = {key: value for key, value in values.items() if value is not None}  # not said
    if not isinstance(values, dict) or not isinstance(values.get("images"), list):
        raise RejectedError(400, 'the JSON has no list "images" of base64')
    pictures: list[Named] = [
        (None, decoded(text, f"images[{at}]")) for at, text in enumerate(values["images"])
    ]
    return pictures, {key: value for key, value in values.items() if key != "images"}


def _too_many(count: str, most: int) -> RejectedError:
    return RejectedError(
        413, f"the request has {count} pictures, the limit is {most:,}; send fewer"
    )
