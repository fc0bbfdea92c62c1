"""Make the thumbnails by which near-duplicates are found, in the workers that decode."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode
from reprise.spec import Channels
from stages.artifacts.raw import RowGroup
from stages.imaging.engine import in_order
from stages.imaging.pool import Decoding, started
from stages.near_duplicates import SIDE, thumbnail
from stages.progress import Progress


def decode_thumbnails(groups: Sequence[RowGroup], params: Decoding) -> UInt8[np.ndarray, "n s s"]:
    """Return the thumbnail of every image of some row groups, in their order.

    Raises:
        UserError: a file is damaged, or a worker was killed.
    """
    total, made = sum(group.size for group in groups), list[UInt8[np.ndarray, "_ s s"]]()
    with (
        Progress("compare", total, "images") as progress,
        started(groups, params) as engine,
    ):
        calls = (
            engine.submit(thumbnails_of, engine.reachable(group), params.channels)
            for group in groups
        )
        for found in in_order(engine, calls):
            made.append(found)
            progress.advance(len(found))
    return np.concatenate([np.zeros((0, SIDE, SIDE), np.uint8), *made])


def thumbnails_of(group: RowGroup, channels: Channels) -> UInt8[np.ndarray, "n s s"]:
    """Return the thumbnails of a row group, black where an image cannot be decoded.

    Raises:
        UserError: the file is damaged.
    """
    images = group.images()
    made = np.zeros((len(images), SIDE, SIDE), np.uint8)
    for row, image in enumerate(images):
        try:
            made[row] = thumbnail(decode(image.data, channels))
        except UndecodableError:
            continue  # decoding names it
    return made
