"""What came in is measured while it comes: whatever a source says of itself may be wrong."""

from collections.abc import Iterable, Iterator

from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import store
from stages.sources.limits import RefusedError, limit
from stages.sources.reports import shown


def metered(raw: Raw, most: int) -> Raw:
    """Return the same data set, which ends with a message when it exceeds a limit.

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
            if size > store.LARGEST:
                raise UserError(
                    f"{shown(image.path)}: has {size:,} bytes, more than the {store.LARGEST:,} "
                    "that an image may have; leave it out"
                )
            try:
                limit(self._total, self._most, f"{shown(image.path)}: the images have")
            except RefusedError as refusal:
                raise UserError(str(refusal)) from refusal
            yield image
