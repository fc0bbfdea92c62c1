"""Limit the bytes that come in: of the whole source, and of one image.

The declared size is checked before a source is read, and that of its images while they are.
"""

from collections.abc import Iterable, Iterator

from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import store
from stages.sources.reports import excerpt
from stages.sources.store import Member


class RefusedError(Exception):
    """An archive is not read: the reason and the remedy, to which the caller adds its name."""


def check_total(members: Iterable[Member], most: int, does: str) -> Iterator[Member]:
    """Yield the members; stop when they add up to more than `most` bytes.

    Raises:
        RefusedError: they do; `does` is the verb of the message, as in `unpacks to`.
    """
    total = 0
    for member in members:
        total += member.size
        check_bytes(total, most, does)
        yield member


def check_bytes(total: int, most: int, does: str) -> None:
    """Refuse more bytes than the user allows.

    Raises:
        RefusedError: there are more.
    """
    if total > most:
        raise RefusedError(
            f"{does} more than {most:,} bytes; raise download.max_bytes if you trust it"
        )


def limit_images(raw: Raw, most: int) -> Raw:
    """Return the same data set, of which reading ends when it exceeds a limit.

    Raises:
        UserError: while it is read, its images have more than `most` bytes, or one has more than
            any image.
    """
    meter = _Meter(most)
    return raw._replace(splits={split: meter.read(images) for split, images in raw.splits.items()})


class _Meter:
    def __init__(self, most: int) -> None:
        self._most, self._total = most, 0

    def read(self, images: Iterable[Image]) -> Iterator[Image]:
        for image in images:
            size = len(image.data)
            self._total += size
            if size > store.MAX_IMAGE_BYTES:
                raise UserError(
                    f"{excerpt(image.path)}: has {size:,} bytes, more than the "
                    f"{store.MAX_IMAGE_BYTES:,} that an image may have; leave it out"
                )
            try:
                check_bytes(self._total, self._most, f"{excerpt(image.path)}: the images have")
            except RefusedError as refusal:
                raise UserError(str(refusal)) from refusal
            yield image
